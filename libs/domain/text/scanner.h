#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "libs/domain/text/analyzer.h"
#include "libs/domain/text/numbers.h"
#include "libs/domain/text/unicode.h"
#include "libs/domain/text/units.h"

namespace kontor::text {

struct ScannerRules {
  int stemmer = -1;
  bool measures = true;
  bool codes = true;
  bool decimal_comma = false;
  bool elision = false;
  bool umlauts = false;  // "ö" may be written "oe"
};

// Takes one folded text apart. Lives for one call of Analyzer::Analyze.
class Scanner {
 public:
  // Writes over what stands in `tokens`, whose strings are used again.
  Scanner(const ScannerRules& rules, absl::string_view source, const FoldedText& folded, std::vector<Token>& tokens);
  void Run();

 private:
  struct Piece {
    size_t begin = 0, end = 0;
  };
  struct UnitMatch {
    const Unit* unit = nullptr;
    std::vector<Piece> words;  // empty: a sign like "
    size_t end = 0;
  };
  struct Measure {
    ParsedNumber number;
    size_t begin = 0;
    UnitMatch unit;
    size_t end() const { return unit.unit == nullptr ? number.end : unit.end; }
  };

  // Each takes what begins at `at` and returns where it ends.
  size_t Word(size_t at);
  size_t Number(size_t at);

  size_t WordEnd(size_t at) const;
  void Hyphenated(size_t begin, size_t end, std::vector<Piece>& pieces) const;
  bool IsCode(absl::string_view text, const std::vector<Piece>& pieces) const;
  size_t Pieces(const std::vector<Piece>& pieces);
  void OnePiece(size_t begin, size_t end);
  size_t Possessive(size_t begin, size_t end);
  void PlainWord(size_t begin, size_t end);
  void CamelCase(size_t begin, size_t end);
  void Code(size_t begin, size_t end, const std::vector<Piece>& pieces);
  void CodeParts(const Piece& piece, bool always);
  void Segmented(size_t begin, size_t end);
  void SegmentedRun(size_t begin, size_t end);
  void Joined(const std::vector<Piece>& pieces, Token::Kind kind);

  Measure ReadMeasure(size_t at) const;
  UnitMatch FindUnitBehind(const ParsedNumber& number, bool whole) const;
  UnitMatch UnitWords(size_t at, bool attached) const;
  bool IsPreposition(const ParsedNumber& number, size_t end) const;
  size_t NextSide(size_t at) const;
  void EmitMeasures(const std::vector<Measure>& sides);
  void EmitUnit(const UnitMatch& unit);

  absl::string_view Text(size_t begin, size_t end) const { return absl::string_view(text_).substr(begin, end - begin); }
  Token& Emit(absl::string_view term, absl::string_view word, size_t begin, size_t end, Token::Kind kind);
  void EmitExtra(absl::string_view term, absl::string_view word, size_t begin, size_t end, Token::Kind kind);
  absl::string_view Term(absl::string_view word) const;
  void Diacritics(absl::string_view word, size_t begin, size_t end);

  const ScannerRules& rules_;
  const absl::string_view source_;
  const FoldedText& folded_;
  const std::string& text_;
  std::vector<Token>& tokens_;
  size_t used_ = 0;
  uint32_t position_ = 0;  // of the next word
};

}  // namespace kontor::text
