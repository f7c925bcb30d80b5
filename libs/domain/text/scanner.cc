#include "libs/domain/text/scanner.h"

#include <algorithm>
#include <array>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "libs/domain/text/normalize.h"
#include "libs/domain/text/stemmer.h"

namespace kontor::text {
namespace {

constexpr size_t kWordBytesMax = 64;
constexpr size_t kCodeBytesMax = 32;
constexpr size_t kCodeLettersMax = 5;  // of a part with letters alone: "model-x100" is a code, "vitamin-b12" two words
constexpr size_t kLongNumber = 7;      // digits that make a code
constexpr size_t kPiecesMax = 8;

bool HasDigit(absl::string_view text) { return std::any_of(text.begin(), text.end(), IsDigit); }
bool HasLetter(absl::string_view text) { return std::any_of(text.begin(), text.end(), IsLetter); }
bool IsUpper(char byte) { return byte >= 'A' && byte <= 'Z'; }
bool IsLower(char byte) { return byte >= 'a' && byte <= 'z'; }

bool IsArticle(absl::string_view word) {
  static constexpr std::array<absl::string_view, 22> kArticles = {
      "l",    "d",    "c",    "j",    "m",    "n",  "s",     "t",     "qu",    "un",     "all",
      "dell", "nell", "sull", "dall", "coll", "gl", "quest", "quell", "jusqu", "lorsqu", "puisqu"};
  return std::find(kArticles.begin(), kArticles.end(), word) != kArticles.end();
}

// Not within a character.
size_t CutAt(absl::string_view text, size_t bytes) {
  while (bytes > 0 && (static_cast<unsigned char>(text[bytes]) & 0xC0) == 0x80) --bytes;
  return bytes;
}

}  // namespace

Scanner::Scanner(const ScannerRules& rules, absl::string_view source, const FoldedText& folded,
                 std::vector<Token>& tokens)
    : rules_(rules), source_(source), folded_(folded), text_(folded.text), tokens_(tokens) {}

void Scanner::Run() {
  for (size_t at = 0; at < text_.size();) {
    const ByteClass kind = ClassOf(text_[at]);
    if (kind == ByteClass::kLetter) {
      at = Word(at);
    } else if (kind == ByteClass::kDigit) {
      at = rules_.measures ? Number(at) : Word(at);
    } else if (rules_.measures && text_[at] == '.' && at + 1 < text_.size() && IsDigit(text_[at + 1]) &&
               (at == 0 || !IsWordByte(text_[at - 1]))) {
      at = Number(at);
    } else {
      ++at;
    }
  }
  tokens_.resize(used_);
}

Token& Scanner::Emit(absl::string_view term, absl::string_view word, size_t begin, size_t end, Token::Kind kind) {
  if (used_ == tokens_.size()) tokens_.emplace_back();
  Token& token = tokens_[used_++];
  token.term.assign(term.data(), term.size());
  token.word.assign(word.data(), word.size());
  token.position = position_++;
  token.begin = folded_.Source(begin);
  token.end = folded_.SourceEnd(end);
  token.kind = kind;
  token.extra = false;
  return token;
}

void Scanner::EmitExtra(absl::string_view term, absl::string_view word, size_t begin, size_t end, Token::Kind kind) {
  --position_;
  Emit(term, word, begin, end, kind).extra = true;
}

absl::string_view Scanner::Term(absl::string_view word) const {
  if (rules_.stemmer == kNoStemmer && !rules_.measures) return word;
  return TermOf(rules_.stemmer, rules_.measures, word);
}

size_t Scanner::WordEnd(size_t at) const {
  while (at < text_.size() && IsWordByte(text_[at])) ++at;
  return at;
}

void Scanner::Hyphenated(size_t begin, size_t end, std::vector<Piece>& pieces) const {
  pieces.push_back({begin, end});
  while (end + 1 < text_.size() && text_[end] == '-' && IsWordByte(text_[end + 1]) && pieces.size() < kPiecesMax) {
    begin = end + 1;
    end = WordEnd(begin);
    pieces.push_back({begin, end});
  }
}

size_t Scanner::Word(size_t at) {
  const size_t end = WordEnd(at);
  if (!rules_.codes || end + 1 >= text_.size() || text_[end] != '-' || !IsWordByte(text_[end + 1])) {
    if (end < text_.size() && text_[end] == '\'') return Possessive(at, end);
    OnePiece(at, end);
    return end;
  }
  std::vector<Piece> pieces;
  Hyphenated(at, end, pieces);
  return Pieces(pieces);
}

// "women's" → "womens" with the stem of "women"; "l'eau" → "l", "eau"; "o'brien" → "obrien".
size_t Scanner::Possessive(size_t begin, size_t end) {
  const size_t next = end + 1;
  const size_t next_end = next < text_.size() ? WordEnd(next) : next;
  const absl::string_view word = Text(begin, end);
  const bool article = rules_.elision && IsArticle(word);
  if (next_end == next || !IsLetter(text_[next]) || article || HasDigit(word)) {
    OnePiece(begin, end);
    return end;
  }
  const absl::string_view tail = Text(next, next_end);
  std::string joined = absl::StrCat(word, tail);
  if (joined.size() > kWordBytesMax) joined.resize(CutAt(joined, kWordBytesMax));
  Emit(tail == "s" && joined.size() == word.size() + 1 ? Term(word) : Term(joined), joined, begin, next_end,
       Token::Kind::kWord);
  return next_end;
}

bool Scanner::IsCode(absl::string_view text, const std::vector<Piece>& pieces) const {
  if (text.size() > kCodeBytesMax || !HasDigit(text)) return false;
  if (!HasLetter(text)) return text.size() + 1 - pieces.size() >= kLongNumber;
  for (const Piece& piece : pieces) {
    const absl::string_view part = Text(piece.begin, piece.end);
    if (part.size() > kCodeLettersMax && !HasDigit(part)) return false;
  }
  // "1-handle", "3-light"
  return !(pieces.size() == 2 && !HasLetter(Text(pieces[0].begin, pieces[0].end)) &&
           !HasDigit(Text(pieces[1].begin, pieces[1].end)) && pieces[1].end - pieces[1].begin > 2);
}

size_t Scanner::Pieces(const std::vector<Piece>& pieces) {
  const size_t begin = pieces.front().begin, end = pieces.back().end;
  if (IsCode(Text(begin, end), pieces)) {
    Code(begin, end, pieces);
    return end;
  }
  const size_t first = used_;
  for (size_t i = 0; i < pieces.size(); ++i) {
    size_t piece_end = pieces[i].end;
    OnePiece(pieces[i].begin, piece_end);
    if (i == 0 && pieces.size() <= 3 && used_ == first + 1 && !IsDigit(text_[begin]))
      Joined(pieces, Token::Kind::kWord);
  }
  return end;
}

void Scanner::Joined(const std::vector<Piece>& pieces, Token::Kind kind) {
  std::string joined;
  for (const Piece& piece : pieces) absl::StrAppend(&joined, Text(piece.begin, piece.end));
  if (joined.size() > kCodeBytesMax) return;
  EmitExtra(Term(joined), joined, pieces.front().begin, pieces.back().end, kind);
}

void Scanner::OnePiece(size_t begin, size_t end) {
  const absl::string_view word = Text(begin, end);
  if (!folded_.offsets.empty() && NeedsSegmentation(word)) return Segmented(begin, end);
  if (!HasDigit(word)) return PlainWord(begin, end);
  const size_t cut = word.size() > kWordBytesMax ? CutAt(word, kWordBytesMax) : word.size();
  if (!HasLetter(word)) {
    Emit(word.substr(0, cut), word.substr(0, cut), begin, end,
         word.size() >= kLongNumber ? Token::Kind::kCode : Token::Kind::kNumber);
    return;
  }
  if (rules_.codes && word.size() <= kCodeBytesMax) return Code(begin, end, {{begin, end}});
  Emit(word.substr(0, cut), word.substr(0, cut), begin, end, Token::Kind::kCode);
}

void Scanner::PlainWord(size_t begin, size_t end) {
  absl::string_view word = Text(begin, end);
  if (word.size() > kWordBytesMax) word = word.substr(0, CutAt(word, kWordBytesMax));
  Emit(Term(word), word, begin, end, Token::Kind::kWord);
  if (!IsAscii(word)) return Diacritics(word, begin, end);
  if (rules_.codes && folded_.offsets.empty() && word.size() >= 5) CamelCase(begin, end);
}

void Scanner::Diacritics(absl::string_view word, size_t begin, size_t end) {
  const std::string plain = WithoutDiacritics(word);
  if (plain == word) return;
  const std::string term = tokens_[used_ - 1].term;
  if (Term(plain) != term) EmitExtra(Term(plain), plain, begin, end, Token::Kind::kWord);
  if (!rules_.umlauts) return;
  const std::string written = WithoutDiacritics(absl::StrReplaceAll(word, {{"ä", "ae"}, {"ö", "oe"}, {"ü", "ue"}}));
  if (written != plain) EmitExtra(Term(written), written, begin, end, Token::Kind::kWord);
}

// Parts of "DeckOver" from two letters, if a capital stands behind a small letter.
void Scanner::CamelCase(size_t begin, size_t end) {
  size_t part = begin;
  for (size_t at = begin + 1; at <= end; ++at) {
    const bool cut = at == end ? part != begin : IsUpper(source_[at]) && IsLower(source_[at - 1]);
    if (!cut) continue;
    if (at - part >= 2) {
      const absl::string_view word = Text(part, at);
      EmitExtra(Term(word), word, part, at, Token::Kind::kWord);
    }
    part = at;
  }
}

void Scanner::Code(size_t begin, size_t end, const std::vector<Piece>& pieces) {
  std::string whole;
  for (const Piece& piece : pieces) absl::StrAppend(&whole, Text(piece.begin, piece.end));
  Emit(whole, whole, begin, end, Token::Kind::kCode);
  if (!rules_.codes) return;
  for (const Piece& piece : pieces) CodeParts(piece, pieces.size() > 1);
}

// `always`: the piece itself is a part, if short as well.
void Scanner::CodeParts(const Piece& piece, bool always) {
  const bool mixed = HasDigit(Text(piece.begin, piece.end)) && HasLetter(Text(piece.begin, piece.end));
  if (always) {
    const absl::string_view word = Text(piece.begin, piece.end);
    EmitExtra(HasDigit(word) ? word : Term(word), word, piece.begin, piece.end,
              mixed            ? Token::Kind::kCode
              : HasDigit(word) ? Token::Kind::kNumber
                               : Token::Kind::kWord);
  }
  if (!mixed) return;
  for (size_t at = piece.begin; at < piece.end;) {
    size_t next = at + 1;
    while (next < piece.end && IsDigit(text_[next]) == IsDigit(text_[at])) ++next;
    const absl::string_view part = Text(at, next);
    if (part.size() >= 2) {
      EmitExtra(IsDigit(part[0]) ? part : Term(part), part, at, next,
                IsDigit(part[0]) ? Token::Kind::kNumber : Token::Kind::kWord);
    }
    at = next;
  }
}

// Letters of other scripts within such a run stay whole: "iphone手机" is two words.
void Scanner::Segmented(size_t begin, size_t end) {
  for (size_t at = begin; at < end;) {
    bool segmented = false;
    const size_t next = at + RunOfOneKind(Text(at, end), segmented);
    if (segmented) {
      SegmentedRun(at, next);
    } else {
      OnePiece(at, next);
    }
    at = next;
  }
}

void Scanner::SegmentedRun(size_t begin, size_t end) {
  SegmentRun(Text(begin, end), [&](size_t from, size_t to) {
    const absl::string_view word = Text(begin + from, begin + to);
    if (word.size() > kWordBytesMax) {
      const absl::string_view cut = word.substr(0, CutAt(word, kWordBytesMax));
      Emit(cut, cut, begin + from, begin + to, Token::Kind::kWord);
    } else {
      Emit(Term(word), word, begin + from, begin + to, Token::Kind::kWord);
    }
  });
}

}  // namespace kontor::text
