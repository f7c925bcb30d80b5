#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace kontor::text {

// One form of one word of a text.
struct Token {
  std::string term;             // what is indexed: stemmed, canonical
  std::string word;             // normalised, before stemming (for spelling and suggestions)
  uint32_t position = 0;        // of the word in the text; further forms of a word share its position
  uint32_t begin = 0, end = 0;  // bytes of the source
  // kWord: letters. kNumber: "12", "1.5", a fraction. kMeasure: a unit behind a number, and what joins the two
  // ("5gal"). kCode: letters with digits ("dcd771c2"), seven digits and more.
  enum class Kind : uint8_t { kWord, kNumber, kMeasure, kCode } kind = Kind::kWord;
  // A further form at the position of the token before: parts of a part number, a measure's canonical form, a word
  // without its diacritics, the joined form of a hyphenated word.
  bool extra = false;
};

struct AnalyzerOptions {
  std::string language =
      "en";  // ISO 639-1; with stemmers: ar ca da de el en es eu fi fr hu id it lt nl no pt ro ru sv ta tr
  bool stem = true;
  bool measures = true;
  bool codes = true;  // part numbers, camelCase, hyphenated words as one
};                    // stem, measures and codes false: [a-z0-9]+ lowercased, the protocol of plain BM25

// Texts and queries become terms in the same way:
//   Words       NFKC and case folding (Unicode). Letters and digits make words; Chinese, Japanese, Thai, Khmer, Lao and
//               Burmese are cut by ICU's dictionaries. "women's" is "womens" with the stem of "women"; the articles of
//               "l'eau" and "dell'arte" stand alone. "café" has the extra form "cafe", in German "möbel" also "moebel".
//   Numbers     "1-1/2", "1 1/2", "1½", "1.50" are "1.5"; "1,000" is "1000" (the comma is decimal where a language says
//   so). Measures    "3/4 in.", "3/4-inch", "3/4\"" are "0.75", extra "0.75in", then the unit under its long name
//   "inch". Units
//               that mean nothing else ("gal", "feet") have their long name without a number, too. Nothing is
//               converted.
//   Dimensions  "2x4", "2 x 4", "2 in. x 4 in." have the extra "2x4"; of three sides also each two neighbours.
//   Codes       "SC-141" is "sc141" with the extras "sc" and "141"; parts are cut where letters meet digits, from two
//   bytes. Compounds   "DeckOver" is "deckover" with the extras "deck" and "over"; "T-shirt" is "t", "shirt" with the
//   extra "tshirt".
// Without measures, units and fractions are words and numbers like others; without codes there are neither parts nor
// compounds. Immutable but for a bounded cache of stems per thread; thread-safe.
class Analyzer {
 public:
  // INVALID_ARGUMENT: no such language.
  static absl::StatusOr<std::unique_ptr<Analyzer>> Create(const AnalyzerOptions& options);

  // Replaces tokens, in order of position. Broken UTF-8 and control characters are separators. Words longer than 64
  // bytes are cut there, numbers at 32 digits. Linear in the text.
  void Analyze(absl::string_view text, std::vector<Token>& tokens) const;

  const AnalyzerOptions& options() const { return options_; }

 private:
  Analyzer(AnalyzerOptions options, int stemmer, bool decimal_comma, bool elision);

  const AnalyzerOptions options_;
  const int stemmer_;  // index of the language's stemmer; -1: none
  const bool decimal_comma_;
  const bool elision_;
};

}  // namespace kontor::text
