import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  argumentLength,
  fourLetterWordWhitelist,
  isFourLetterWord,
} from '../../src/fourletter/index.ts';
import { answer, golden, serverView } from './view.ts';

/** The first four bytes of a text as a signed number, the way a connection reads a length. */
function code(text: string): number {
  return Buffer.from(text, 'latin1').readInt32BE();
}

const spelled =
  'conf cons crst dirs dump envi gtmk hash isro mntr ruok srst srvr stat stmk wchc wchp wchs';

const maskBytes = (mask: bigint) => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(mask);
  return bytes;
};

describe('telling a word from a length', () => {
  it.each(spelled.split(' '))('knows %s', (word) => {
    expect(isFourLetterWord(code(word))).toBe(word);
  });

  it('knows the bytes of a telnet that closes, signed or not', () => {
    expect(isFourLetterWord(0xfff4fffd)).toBe('telnet close');
    expect(isFourLetterWord(0xfff4fffd | 0)).toBe('telnet close');
  });

  it.each([0, 44, 45, 0xfffff, -1, code('RUOK'), code('ruo\n'), code('kill')])(
    'takes %d for a length',
    (length) => {
      expect(isFourLetterWord(length)).toBeNull();
    },
  );

  it('finds no word in any number but those nineteen', () => {
    fc.assert(
      fc.property(fc.integer(), (number) => {
        const word = isFourLetterWord(number);
        if (word === null) return;
        expect(word === 'telnet close' ? number : code(word)).toBe(number);
      }),
    );
  });
});

describe('the whitelist', () => {
  it('has only srvr when nothing is allowed', () => {
    expect([...fourLetterWordWhitelist([])]).toEqual(['srvr']);
  });

  it('has what is allowed, and srvr', () => {
    const whitelist = fourLetterWordWhitelist(['ruok', 'stat']);
    expect([...whitelist].sort()).toEqual(['ruok', 'srvr', 'stat']);
  });

  it('takes * for all words, the bytes of telnet too', () => {
    const whitelist = fourLetterWordWhitelist(['ruok', '*']);
    for (const word of [...spelled.split(' '), 'telnet close']) expect(whitelist).toContain(word);
  });

  it.each(['conf', 'stmk', 'isro'] as const)('refuses %s as Java does', (word) => {
    const view = serverView({ whitelist: () => fourLetterWordWhitelist([]) });
    expect(answer(word, view)).toBe(golden(`refused/${word}`));
  });

  it('refuses even the bytes of telnet, and is silent when they are allowed', () => {
    const view = serverView({ whitelist: () => fourLetterWordWhitelist([]) });
    expect(answer('telnet close', view)).toBe(golden('refused/telnet-close'));
    expect(answer('telnet close', serverView())).toBe('');
  });
});

describe('a server that does not serve', () => {
  const words = spelled.split(' ').filter((word) => !['envi', 'stmk', 'gtmk'].includes(word));

  it.each(words)('says so when asked %s', (word) => {
    const asked = isFourLetterWord(code(word));
    if (asked === null) throw new Error(`${word} is no word`);
    expect(answer(asked, serverView({ isRunning: () => false }))).toBe(
      golden(`not-serving/${word}`),
    );
  });

  it('still tells and takes the trace mask and tells its environment', () => {
    const view = serverView({ isRunning: () => false });
    expect(answer('gtmk', view)).toBe(golden('not-serving/gtmk'));
    expect(answer('stmk', view, maskBytes(7n))).toBe(golden('not-serving/stmk'));
    expect(answer('envi', view)).toContain('zookeeper.version=3.8.0-');
  });

  it('resets nothing', () => {
    const resets: string[] = [];
    const view = serverView({
      isRunning: () => false,
      resetServerStats: () => resets.push('server'),
      resetConnectionStats: () => resets.push('connections'),
    });
    answer('srst', view);
    answer('crst', view);
    expect(resets).toEqual([]);
  });
});

describe('words with an effect', () => {
  it('crst starts the stats of connections anew', () => {
    let resets = 0;
    const view = serverView({ resetConnectionStats: () => resets++ });
    expect(answer('crst', view)).toBe(golden('crst'));
    expect(resets).toBe(1);
  });

  it('srst starts the stats of the server anew', () => {
    let resets = 0;
    const view = serverView({ resetServerStats: () => resets++ });
    expect(answer('srst', view)).toBe(golden('srst'));
    expect(resets).toBe(1);
  });

  it('stmk sets the mask behind it, which is signed, and gtmk tells it', () => {
    let mask = 0x132n;
    const view = serverView({
      traceMask: () => mask,
      setTraceMask: (next) => {
        mask = next;
      },
    });
    expect(answer('gtmk', view)).toBe(golden('gtmk'));
    expect(answer('stmk', view, maskBytes(0x132n))).toBe(golden('stmk'));
    expect(answer('stmk', view, maskBytes(-2n))).toBe(golden('stmk-negative'));
    expect(answer('gtmk', view)).toBe(golden('gtmk-after-stmk'));
  });

  it('stmk without its eight bytes changes nothing and says nothing', () => {
    const masks: bigint[] = [];
    const view = serverView({ setTraceMask: (mask) => masks.push(mask) });
    expect(answer('stmk', view, new Uint8Array(7))).toBe('');
    expect(masks).toEqual([]);
  });

  it('only stmk waits for bytes, and only when it is allowed', () => {
    const refusing = serverView({ whitelist: () => fourLetterWordWhitelist(['ruok']) });
    expect(argumentLength('stmk', serverView())).toBe(8);
    expect(argumentLength('stmk', refusing)).toBe(0);
    expect(argumentLength('stat', serverView())).toBe(0);
  });
});
