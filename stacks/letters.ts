/** Cyrillic by the Bulgarian Transliteration Act (2009), by which names are written in identity cards. */
const BULGARIAN: Readonly<Record<string, string>> = Object.fromEntries(
  "а=a б=b в=v г=g д=d е=e ж=zh з=z и=i й=y к=k л=l м=m н=n о=o п=p р=r с=s т=t у=u ф=f х=h ц=ts ч=ch ш=sh щ=sht ъ=a ь=y ю=yu я=ya"
    .split(" ")
    .map((pair) => pair.split("=") as [string, string]),
);

/** Latin letters that are no plain letter with an accent. */
const LATIN: Readonly<Record<string, string>> = {
  ß: "ss",
  æ: "ae",
  œ: "oe",
  ø: "o",
  ł: "l",
  đ: "d",
  ð: "d",
  þ: "th",
  ı: "i",
};

/**
 * A text in plain Latin letters, as far as there is a rule: accents are dropped, Bulgarian is transliterated. Letters of
 * any other script stay, and with them whole Cyrillic words that have letters Bulgarian does not: how those are written
 * depends on the language.
 */
export function plainLetters(text: string): string {
  return text.normalize("NFC").replace(/[\p{L}\p{M}]+/gu, (word) => {
    const cyrillic = /\p{Script=Cyrillic}/u.test(word);
    return cyrillic ? bulgarian(word) : latin(word);
  });
}

function latin(word: string): string {
  return word
    .normalize("NFD")
    .replace(/\p{M}/gu, "")
    .replace(/[ßæœøłđðþı]/giu, (letter) => {
      const plain = LATIN[letter.toLowerCase()] ?? letter;
      return letter === letter.toLowerCase() ? plain : capital(plain);
    });
}

function bulgarian(word: string): string {
  const letters = Array.from(word);
  if (!letters.every((letter) => Object.hasOwn(BULGARIAN, letter.toLowerCase()))) return word;
  return letters
    .map((letter, index) => {
      const plain = BULGARIAN[letter.toLowerCase()] ?? letter;
      // "-ия" at the end of a word is "-ia": Мария is Maria.
      const short = index === letters.length - 1 && /ия$/iu.test(word) ? "a" : plain;
      return letter === letter.toLowerCase() ? short : capital(short);
    })
    .join("");
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
