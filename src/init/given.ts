/** The options of `seqgap init`, as they were given. */
export interface Given {
  readonly platform?: string | undefined;
  readonly node: readonly string[];
  readonly user?: string | undefined;
  readonly login?: string | undefined;
  readonly param: readonly string[];
  readonly power?: string | undefined;
  readonly 'power-node': readonly string[];
  readonly 'power-user'?: string | undefined;
  readonly 'power-param': readonly string[];
  readonly action?: string | undefined;
  readonly from?: string | undefined;
  readonly target?: string | undefined;
  readonly tcp?: string | undefined;
  readonly control?: string | undefined;
  readonly shell?: string | undefined;
  readonly repeat?: string | undefined;
  readonly name?: string | undefined;
}
