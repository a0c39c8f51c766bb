/*
 * The login configuration of Java (JAAS, javax.security.auth.login.Configuration), as far as a client of ZooKeeper needs it: who it is
 * to SASL. `Client { org.apache.zookeeper.server.auth.DigestLoginModule required username="bob" password="…"; };`
 */
import type { SaslCredentials } from '../../client/index.ts';
import { CliError } from './cli-error.ts';

interface LoginModule {
  readonly className: string;
  readonly options: ReadonlyMap<string, string>;
}

const DIGEST_MODULE = 'org.apache.zookeeper.server.auth.DigestLoginModule';
const FLAGS: ReadonlySet<string> = new Set(['required', 'requisite', 'sufficient', 'optional']);
const CONTROL_CHARACTERS: Readonly<Record<string, string>> = {
  n: '\n',
  r: '\r',
  t: '\t',
  f: '\f',
  b: '\b',
};
/** White space and comments, then a text in quotation marks, a word, or one of `{ } ; =`. */
const TOKEN =
  /(?:\s|\/\/[^\n]*|\/\*[\s\S]*?\*\/)*(?:"((?:[^"\\\n]|\\.)*)"|([\w$*.:@\u0080-\uffff-]+)|([{};=])|$)/y;

interface Token {
  readonly text: string;
  readonly isQuoted: boolean;
}

/**
 * The credentials in one section of a login configuration.
 *
 * @param file its name, for errors
 * @returns null where there is no such section
 * @throws CliError for a text that is no login configuration, and for a section of another kind: Kerberos
 */
export function saslCredentials(
  text: string,
  section: string,
  file: string,
): SaslCredentials | null {
  const modules = new Parser(text, file).sections().get(section);
  const first = modules?.[0];
  if (first === undefined) return null;
  if (first.className !== DIGEST_MODULE) {
    const what = /Krb5LoginModule$/.test(first.className) ? 'Kerberos (GSSAPI)' : first.className;
    throw new CliError(
      `${file}: section ${section}: there is no SASL here with ${what}, but with ${DIGEST_MODULE} (DIGEST-MD5) alone`,
    );
  }
  const username = first.options.get('username') ?? '';
  const password = first.options.get('password') ?? '';
  if (username === '' || password === '') {
    throw new CliError(`${file}: section ${section}: it needs username="…" and password="…"`);
  }
  return { username, password };
}

class Parser {
  readonly #tokens: readonly Token[];
  readonly #file: string;
  #at = 0;

  constructor(text: string, file: string) {
    this.#file = file;
    this.#tokens = this.#split(text);
  }

  /** `name { module; … }; …` */
  sections(): ReadonlyMap<string, readonly LoginModule[]> {
    const sections = new Map<string, readonly LoginModule[]>();
    while (this.#at < this.#tokens.length) {
      const name = this.#word('the name of a section');
      this.#expect('{');
      const modules: LoginModule[] = [];
      while (!this.#isNext('}')) modules.push(this.#module());
      this.#expect('}');
      this.#expect(';');
      sections.set(name, modules);
    }
    return sections;
  }

  /** `class flag key="value" …;` */
  #module(): LoginModule {
    const className = this.#word('a login module');
    const flag = this.#word('a flag');
    if (!FLAGS.has(flag.toLowerCase())) throw this.#mistake(`${flag} is no flag of a login module`);
    const options = new Map<string, string>();
    while (!this.#isNext(';')) {
      const key = this.#word('an option');
      this.#expect('=');
      options.set(key, this.#word(`the value of ${key}`));
    }
    this.#expect(';');
    return { className, options };
  }

  #split(text: string): readonly Token[] {
    const tokens: Token[] = [];
    TOKEN.lastIndex = 0;
    for (;;) {
      const at = TOKEN.lastIndex;
      const match = TOKEN.exec(text);
      if (match === null) {
        const line = text.slice(0, at).split('\n').length;
        throw this.#mistake(`line ${line} cannot be read`);
      }
      const [, quoted, word, mark] = match;
      if (quoted !== undefined) tokens.push({ text: unescaped(quoted), isQuoted: true });
      else if (word !== undefined) tokens.push({ text: word, isQuoted: false });
      else if (mark !== undefined) tokens.push({ text: mark, isQuoted: false });
      else return tokens;
    }
  }

  #isNext(mark: string): boolean {
    const token = this.#tokens[this.#at];
    return token !== undefined && !token.isQuoted && token.text === mark;
  }

  #expect(mark: string): void {
    if (!this.#isNext(mark)) {
      const found = this.#tokens[this.#at]?.text ?? 'the end';
      throw this.#mistake(`${mark} is missing in front of ${found}`);
    }
    this.#at++;
  }

  #word(what: string): string {
    const token = this.#tokens[this.#at];
    if (token === undefined || (!token.isQuoted && '{};='.includes(token.text))) {
      throw this.#mistake(`${what} is missing in front of ${token?.text ?? 'the end'}`);
    }
    this.#at++;
    return token.text;
  }

  #mistake(message: string): CliError {
    return new CliError(`${this.#file}: it is no login configuration (JAAS): ${message}`);
  }
}

/** As java.io.StreamTokenizer has it. */
function unescaped(text: string): string {
  return text.replace(/\\(.)/gs, (_, letter: string) => CONTROL_CHARACTERS[letter] ?? letter);
}
