import type { CommandModule } from 'yargs';
import type { Commands } from '../yargs.js';
import { stdout } from '../../terminal.js';

/** The script asks for words by this; it stands before everything else on the command line. */
export const COMPLETE = '--complete-words';

const BASH = `# Completion of seqgap for bash. Once: seqgap completion bash > ~/.local/share/bash-completion/completions/seqgap
_seqgap() {
  local value
  COMPREPLY=()
  while IFS=$'\\t' read -r value _; do
    [[ $value == *[[:space:]]* ]] && printf -v value %q "$value"
    COMPREPLY+=("$value")
  done < <("$1" ${COMPLETE} "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
  # A folder is to be gone on from.
  [[ \${#COMPREPLY[@]} -eq 1 && \${COMPREPLY[0]} == */ ]] && compopt -o nospace
  return 0
}
complete -F _seqgap seqgap
`;

const ZSH = `#compdef seqgap
# Completion of seqgap for zsh. Once, into a folder of $fpath: seqgap completion zsh > ~/.zfunc/_seqgap
_seqgap() {
  local value about
  local -a values folders
  while IFS=$'\\t' read -r value about; do
    if [[ $value == */ ]]; then
      folders+=("$value")
    else
      values+=("\${value//:/\\\\:}:$about")
    fi
  done < <("\${words[1]}" ${COMPLETE} "\${(@)words[2,CURRENT]}" 2>/dev/null)
  # A folder is to be gone on from.
  (( $#folders )) && compadd -S '' -- "\${folders[@]}"
  (( $#values )) && _describe seqgap values
}
if [[ \${funcstack[1]} == _seqgap ]]; then
  _seqgap "$@"
else
  compdef _seqgap seqgap
fi
`;

const FISH = `# Completion of seqgap for fish. Once: seqgap completion fish > ~/.config/fish/completions/seqgap.fish
function __seqgap_words
    set -l words (commandline -opc)
    set -l program $words[1]
    set -e words[1]
    $program ${COMPLETE} $words (commandline -ct | string collect --allow-empty) 2>/dev/null
end
complete -c seqgap -f -a '(__seqgap_words)'
`;

const SCRIPTS = { bash: BASH, zsh: ZSH, fish: FISH } as const;
const SHELLS = Object.keys(SCRIPTS) as (keyof typeof SCRIPTS)[];

/** Prints what may stand in place of the last word: a value and what it is, separated by a tab, on each line. */
export const printWords = async (commands: Commands, words: readonly string[]): Promise<void> => {
  const { completeWords } = await import('./completion-words.js');
  const candidates = await completeWords(commands, words);
  stdout.write(candidates.map(({ value, about }) => `${value}\t${about.replaceAll(/\s+/g, ' ')}\n`).join(''));
};

interface CompletionArguments {
  readonly shell: keyof typeof SCRIPTS;
}

/** `seqgap completion`: a script for a shell, which asks this program for the words. */
export const completionCommand: CommandModule<object, CompletionArguments> = {
  builder: (yargs) =>
    yargs
      .positional('shell', { choices: SHELLS, demandOption: true, describe: 'For which shell' })
      .example('source <($0 completion bash)', 'for this shell; likewise in zsh')
      .example('$0 completion fish > ~/.config/fish/completions/seqgap.fish', 'for every one to come')
      .epilogue(
        'Commands, options, scenarios, runs, drivers and labs are completed. The script says where to put it.',
      ),
  handler: ({ shell }) => stdout.write(SCRIPTS[shell]),
};
