import { execa } from 'execa';

/**
 * The tests of commands, agents and the lab run the built program, and scripts of theirs single modules of it. Type
 * errors are the business of `npm run typecheck`: what was emitted is tested all the same.
 */
export default async function build(): Promise<void> {
  for (const what of ['build', 'modules'])
    await execa('npm', ['run', '--silent', what], { stdio: 'inherit', reject: false });
}
