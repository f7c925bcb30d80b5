#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "libs/domain/text/scanner.h"

// Numbers, units, dimensions.
namespace kontor::text {
namespace {

constexpr size_t kSidesMax = 4;

size_t SkipBlanks(absl::string_view text, size_t at) {
  while (at < text.size() && text[at] == ' ') ++at;
  return at;
}

// Between a number and its unit, or the words of a unit.
size_t SkipBetween(absl::string_view text, size_t at) {
  for (int i = 0; i < 2 && at < text.size() && (text[at] == ' ' || text[at] == '-' || text[at] == '.'); ++i) ++at;
  return at;
}

}  // namespace

size_t Scanner::Number(size_t at) {
  std::vector<Measure> sides = {ReadMeasure(at)};
  while (sides.size() < kSidesMax) {
    const size_t next = NextSide(sides.back().end());
    if (next == 0) break;
    sides.push_back(ReadMeasure(next));
  }
  const Measure& first = sides.front();
  const bool alone = sides.size() == 1 && first.unit.unit == nullptr;
  const size_t end = first.number.end;
  if (alone && IsDigit(text_[at]) && first.number.whole) {
    const size_t word_end = WordEnd(at);
    const bool hyphen =
        rules_.codes && word_end + 1 < text_.size() && text_[word_end] == '-' && IsWordByte(text_[word_end + 1]);
    if (word_end > end || (hyphen && word_end == end)) {
      if (!hyphen) {
        OnePiece(at, word_end);
        return word_end;
      }
      std::vector<Piece> pieces;
      Hyphenated(at, word_end, pieces);
      if (IsCode(Text(at, pieces.back().end), pieces)) return Pieces(pieces);
      if (word_end > end) {
        OnePiece(at, word_end);
        return word_end;
      }
    }
  }
  EmitMeasures(sides);
  return sides.back().end();
}

Scanner::Measure Scanner::ReadMeasure(size_t at) const {
  Measure measure{.number = ParseNumber(text_, at, rules_.decimal_comma), .begin = at};
  measure.unit = FindUnitBehind(measure.number, measure.number.whole);
  return measure;
}

Scanner::UnitMatch Scanner::FindUnitBehind(const ParsedNumber& number, bool whole) const {
  const size_t at = number.end;
  if (at >= text_.size()) return {};
  if (text_[at] == '"' || (text_[at] == '\'' && at + 1 < text_.size() && text_[at + 1] == '\'')) {
    return {.unit = FindUnit("inch", true), .words = {}, .end = at + (text_[at] == '"' ? 1 : 2)};
  }
  if (text_[at] == '\'' && (at + 1 == text_.size() || !IsLetter(text_[at + 1]))) {
    return {.unit = FindUnit("foot", true), .words = {}, .end = at + 1};
  }
  if (text_[at] == '%') return {.unit = FindUnit("percent", true), .words = {}, .end = at + 1};
  if (IsLetter(text_[at])) return UnitWords(at, true);
  if (text_[at] != ' ' && text_[at] != '-') return {};
  const bool hyphen = text_[at] == '-';
  const size_t word = SkipBetween(text_, at);
  if (word >= text_.size() || !IsLetter(text_[word])) return {};
  UnitMatch match = UnitWords(word, hyphen);
  if (match.unit != nullptr && Text(word, WordEnd(word)) == "in" && IsPreposition(number, WordEnd(word))) return {};
  return match;
}

Scanner::UnitMatch Scanner::UnitWords(size_t at, bool attached) const {
  const size_t end = WordEnd(at);
  const size_t second = SkipBetween(text_, end);
  if (second > end && second < text_.size() && IsLetter(text_[second])) {
    const size_t second_end = WordEnd(second);
    if (const Unit* unit = FindUnit(Text(at, end), Text(second, second_end)); unit != nullptr) {
      return {.unit = unit, .words = {{at, end}, {second, second_end}}, .end = second_end};
    }
  }
  if (const Unit* unit = FindUnit(Text(at, end), attached); unit != nullptr)
    return {.unit = unit, .words = {{at, end}}, .end = end};
  return {};
}

// "2 in 1", "3-in-1", "5 in the box": no inches.
bool Scanner::IsPreposition(const ParsedNumber& number, size_t end) const {
  if (!number.whole || end + 1 >= text_.size() || (text_[end] != ' ' && text_[end] != '-')) return false;
  const size_t next = SkipBlanks(text_, end + 1);
  const absl::string_view word = next < text_.size() ? Text(next, WordEnd(next)) : absl::string_view();
  return word == "1" || word == "one" || word == "a" || word == "the";
}

// Where the next side of a dimension begins: "2x4", "2 in. x 4 in.", "24 in. W x 80 in. H", "2 by 4". 0: none.
size_t Scanner::NextSide(size_t end) const {
  size_t at = end;
  if (at < text_.size() && text_[at] == '.') ++at;
  at = SkipBlanks(text_, at);
  const bool sign = text_[end - 1] == '"' || text_[end - 1] == '\'';  // 24"W
  if ((at > end || sign) && at + 1 < text_.size() && !IsWordByte(text_[at + 1]) &&
      absl::StrContains("whdlt", text_[at])) {
    ++at;
    if (text_[at] == '.') ++at;
    at = SkipBlanks(text_, at);
  }
  if (at >= text_.size()) return 0;
  size_t behind = 0;
  if (text_[at] == 'x') behind = at + 1;
  if (at > end && Text(at, WordEnd(at)) == "by") behind = at + 2;
  if (behind == 0) return 0;
  const size_t next = SkipBlanks(text_, behind);
  if (text_[at] == 'x' && (at > 0 && text_[at - 1] == ' ') != (next > behind)) return 0;  // "10 x100"
  const bool number =
      next < text_.size() &&
      (IsDigit(text_[next]) || (text_[next] == '.' && next + 1 < text_.size() && IsDigit(text_[next + 1])));
  return number ? next : 0;
}

void Scanner::EmitMeasures(const std::vector<Measure>& sides) {
  for (size_t i = 0; i < sides.size(); ++i) {
    const Measure& side = sides[i];
    const std::string& value = side.number.canonical;
    const bool code = side.number.whole && value.size() >= 7 && sides.size() == 1 && side.unit.unit == nullptr;
    Emit(value, value, side.begin, side.number.end, code ? Token::Kind::kCode : Token::Kind::kNumber);
    if (side.unit.unit != nullptr) {
      const std::string measure = absl::StrCat(value, side.unit.unit->symbol);
      EmitExtra(measure, measure, side.begin, side.end(), Token::Kind::kMeasure);
    }
    if (i + 1 < sides.size()) {
      const std::string pair = absl::StrCat(value, "x", sides[i + 1].number.canonical);
      EmitExtra(pair, pair, side.begin, sides[i + 1].end(), Token::Kind::kMeasure);
    }
    if (i == 0 && sides.size() > 2) {
      std::string all = value;
      for (size_t j = 1; j < sides.size(); ++j) absl::StrAppend(&all, "x", sides[j].number.canonical);
      EmitExtra(all, all, side.begin, sides.back().end(), Token::Kind::kMeasure);
    }
    if (side.unit.unit != nullptr) EmitUnit(side.unit);
  }
}

// A sign or an abbreviation is searched by its unit's long name.
void Scanner::EmitUnit(const UnitMatch& match) {
  const std::vector<absl::string_view> names = absl::StrSplit(match.unit->name, ' ');
  for (size_t i = 0; i < names.size(); ++i) {
    if (match.words.empty()) {
      Emit(Term(names[i]), names[i], match.end - 1, match.end, Token::Kind::kMeasure);
      continue;
    }
    const Piece& piece = match.words[std::min(i, match.words.size() - 1)];
    Emit(Term(names[i]), Text(piece.begin, piece.end), piece.begin, piece.end, Token::Kind::kMeasure);
  }
}

}  // namespace kontor::text
