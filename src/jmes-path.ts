import jmespath from 'jmespath';

declare module 'jmespath' {
  /** Missing in its types. */
  function compile(expression: string): unknown;
}

/**
 * Reads an expression of JMESPath without evaluating it. Throws an Error in the parser's words, or in ours where the
 * parser stumbles over what it was given.
 */
export const compileJmesPath = (written: string): void => {
  try {
    jmespath.compile(written);
  } catch (error) {
    if (error instanceof TypeError) throw new Error('is no expression of JMESPath', { cause: error });
    throw error;
  }
};
