/*
 * What was given for each key, wherever it was given: flags of the JVM first, zoo.cfg over them, and within one file the
 * last line, because Java puts everything into one table of system properties where the later entry wins. Reading a
 * setting through here adds file, line and key to whatever is wrong with it.
 */

import type { ConfigWarning, IgnoredKey } from './config.ts';
import { ConfigError, type Place, placeText } from './config-error.ts';
import { whyIgnored } from './ignored-keys.ts';
import type { Property } from './properties.ts';
import type { Setting } from './setting.ts';
import { settings } from './settings.ts';
import { BadValue } from './values.ts';

const PREFIX = 'zookeeper.';

/** `k` stands for `zookeeper.k`. */
function withoutPrefix(key: string): string {
  return key.startsWith(PREFIX) ? key.slice(PREFIX.length) : key;
}

const settingOf: ReadonlyMap<string, Setting<unknown>> = new Map(
  Object.values<Setting<unknown>>(settings).flatMap((setting) =>
    [setting.key, ...setting.aliases].map((name) => [name, setting] as const),
  ),
);

function whyWithoutEffect(setting: Setting<unknown>, isEnsemble: boolean): string | null {
  if (setting.noEffect !== null) return setting.noEffect;
  return setting.isForEnsemble && !isEnsemble ? 'only a server in an ensemble uses it' : null;
}

/** The given keys. */
export class Given {
  /** What was corrected on the way; grows while settings are read. */
  readonly warnings: ConfigWarning[] = [];
  private readonly byKey = new Map<string, Property>();
  private readonly passedOver: IgnoredKey[] = [];
  private readonly path: string;

  /**
   * @param path the name of zoo.cfg
   * @param flags what -D gave
   * @param file the properties of zoo.cfg without those of the membership
   * @throws ConfigError where clientPort is given twice with different values
   */
  constructor(path: string, flags: readonly Property[], file: readonly Property[]) {
    this.path = path;
    for (const property of flags) this.takeFlag(property);
    for (const property of file) this.takeLine(property);
  }

  private takeFlag(property: Property): void {
    const name = withoutPrefix(property.key);
    const setting = settingOf.get(name);
    if (setting?.from === 'file') {
      const reason = 'Apache ZooKeeper takes it from zoo.cfg alone';
      this.passedOver.push({ key: property.key, at: placeText(property.place), reason });
      return;
    }
    this.byKey.set(setting?.key ?? name, property);
  }

  private takeLine(property: Property): void {
    const name = withoutPrefix(property.key);
    const key = settingOf.get(name)?.key ?? name;
    const before = this.byKey.get(key);
    if (before !== undefined && before.place.line !== null && before.value !== property.value) {
      const text = `is given twice with different values, first on line ${before.place.line}`;
      if (key === settings.clientPort.key) {
        throw new ConfigError(property.place, property.key, text);
      }
      this.warn(property, `${text}; the last one counts`);
    }
    this.byKey.set(key, property);
  }

  private warn(property: Property, text: string): void {
    const warning = { at: placeText(property.place), text: `${property.key}: ${text}` };
    // A setting that several rules look at is read several times, and warned of once.
    const isKnown = this.warnings.some((one) => one.at === warning.at && one.text === warning.text);
    if (!isKnown) this.warnings.push(warning);
  }

  /** Whether a setting was given anywhere. */
  has(setting: Setting<unknown>): boolean {
    return this.byKey.has(setting.key);
  }

  /** Where a setting was given; zoo.cfg as a whole where it was not. */
  placeOf(setting: Setting<unknown>): Place {
    return this.byKey.get(setting.key)?.place ?? { file: this.path, line: null };
  }

  /** An error about a setting as a whole, where the reason is more than a value that cannot be taken. */
  mistake(setting: Setting<unknown>, reason: string): ConfigError {
    return new ConfigError(this.placeOf(setting), setting.key, reason);
  }

  /**
   * The value of a setting, or its default.
   *
   * @throws ConfigError with file, line and key for a value that cannot be taken
   */
  read<T>(setting: Setting<T>): T {
    const property = this.byKey.get(setting.key);
    if (property === undefined) return setting.fallback;
    try {
      return setting.parse(property.value, (text) => this.warn(property, text));
    } catch (error) {
      if (!(error instanceof BadValue)) throw error;
      if (property.value === '' && setting.from === 'anywhere') {
        // A template that left a value out: Integer.getInteger and its like take the default then.
        this.warn(property, 'has no value; the default is used');
        return setting.fallback;
      }
      throw new ConfigError(property.place, property.key, error.message);
    }
  }

  /**
   * Every given key that changes nothing, in the order of its appearance.
   *
   * @param isEnsemble whether the server is one of an ensemble
   */
  ignored(isEnsemble: boolean): readonly IgnoredKey[] {
    const ignored = [...this.passedOver];
    for (const [key, property] of this.byKey) {
      const setting = settingOf.get(key);
      const reason =
        setting === undefined ? whyIgnored(key) : whyWithoutEffect(setting, isEnsemble);
      if (reason === null) continue;
      ignored.push({ key: property.key, at: placeText(property.place), reason });
    }
    return ignored;
  }
}
