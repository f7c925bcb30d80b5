#include "libs/domain/text/word_piece.h"

#include <unicode/locid.h>
#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>
#include <unicode/utf16.h>

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace kontor::text {
namespace {

constexpr size_t kMaxWordCharacters = 100;
constexpr size_t kMaxPieces = 1'000'000;

enum class Kind : uint8_t { kLetter, kSpace, kDropped, kAlone };  // kAlone: a word of its own

bool IsIdeograph(UChar32 c) {
  return (c >= 0x4E00 && c <= 0x9FFF) || (c >= 0x3400 && c <= 0x4DBF) || (c >= 0xF900 && c <= 0xFAFF) ||
         (c >= 0x20000 && c <= 0x2CEAF) || (c >= 0x2F800 && c <= 0x2FA1F);
}

Kind KindOf(UChar32 c) {
  if (c == ' ' || c == '\t' || c == '\n' || c == '\r') return Kind::kSpace;
  if (c > ' ' && c < 0x7f) return absl::ascii_ispunct(static_cast<unsigned char>(c)) ? Kind::kAlone : Kind::kLetter;
  if (c == 0xFFFD) return Kind::kDropped;
  const uint32_t mask = U_GET_GC_MASK(c);
  if ((mask & (U_GC_C_MASK | U_GC_MN_MASK)) != 0) return Kind::kDropped;
  if ((mask & U_GC_ZS_MASK) != 0) return Kind::kSpace;
  return (mask & U_GC_P_MASK) != 0 || IsIdeograph(c) ? Kind::kAlone : Kind::kLetter;
}

bool IsAscii(absl::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<signed char>(c) >= 0; });
}

// In lower case and decomposed, as characters.
std::vector<UChar32> Characters(absl::string_view text) {
  std::vector<UChar32> out;
  out.reserve(text.size());
  if (IsAscii(text)) {
    for (const char c : text) out.push_back(absl::ascii_tolower(static_cast<unsigned char>(c)));
    return out;
  }
  UErrorCode error = U_ZERO_ERROR;
  icu::UnicodeString lower =
      icu::UnicodeString::fromUTF8(icu::StringPiece(text.data(), static_cast<int32_t>(text.size())));
  lower.toLower(icu::Locale::getRoot());
  const icu::UnicodeString decomposed = icu::Normalizer2::getNFDInstance(error)->normalize(lower, error);
  const icu::UnicodeString& chosen = U_SUCCESS(error) ? decomposed : lower;
  for (int32_t i = 0; i < chosen.length(); i = chosen.moveIndex32(i, 1)) out.push_back(chosen.char32At(i));
  return out;
}

void AppendUtf8(UChar32 c, std::string& out) {
  if (c < 0x80) {
    out.push_back(static_cast<char>(c));
    return;
  }
  char bytes[U8_MAX_LENGTH];
  int32_t size = 0;
  U8_APPEND_UNSAFE(bytes, size, c);
  out.append(bytes, static_cast<size_t>(size));
}

// The longest prefix of `rest` among the pieces, cut between characters; its bytes, 0 for none.
template <typename Pieces>
size_t LongestPiece(const Pieces& pieces, absl::string_view rest, size_t longest, int32_t& id) {
  for (size_t size = std::min(longest, rest.size()); size > 0; --size) {
    if (size < rest.size() && (static_cast<unsigned char>(rest[size]) & 0xC0) == 0x80) continue;
    const auto found = pieces.find(rest.substr(0, size));
    if (found == pieces.end()) continue;
    id = found->second;
    return size;
  }
  return 0;
}

}  // namespace

absl::StatusOr<WordPiece> WordPiece::Create(absl::string_view vocabulary) {
  WordPiece out;
  if (absl::EndsWith(vocabulary, "\n")) vocabulary.remove_suffix(1);
  for (absl::string_view piece : absl::StrSplit(vocabulary, '\n')) {
    if (absl::EndsWith(piece, "\r")) piece.remove_suffix(1);
    const auto id = static_cast<int32_t>(out.size_++);
    const bool inside = absl::StartsWith(piece, "##");
    if (out.size_ > kMaxPieces) return absl::InvalidArgumentError("the vocabulary has more than a million pieces");
    out.longest_ = std::max(out.longest_, piece.size());
    if (!(inside ? out.inside_ : out.begin_).emplace(inside ? piece.substr(2) : piece, id).second) {
      return absl::InvalidArgumentError(absl::StrCat("line ", out.size_, " of the vocabulary repeats a piece"));
    }
  }
  const std::pair<absl::string_view, int32_t*> named[] = {
      {"[UNK]", &out.unknown_}, {"[CLS]", &out.first_}, {"[SEP]", &out.last_}};
  for (const auto& [name, id] : named) {
    const auto found = out.begin_.find(name);
    if (found == out.begin_.end()) return absl::InvalidArgumentError(absl::StrCat("the vocabulary lacks ", name));
    *id = found->second;
  }
  return out;
}

void WordPiece::AddWord(absl::string_view word, size_t characters, std::vector<int32_t>& ids) const {
  if (characters > kMaxWordCharacters) {
    ids.push_back(unknown_);
    return;
  }
  const size_t before = ids.size();
  for (absl::string_view rest = word; !rest.empty();) {
    int32_t id = 0;
    const size_t size = LongestPiece(rest.size() == word.size() ? begin_ : inside_, rest, longest_, id);
    if (size == 0) {
      ids.resize(before);
      ids.push_back(unknown_);
      return;
    }
    ids.push_back(id);
    rest.remove_prefix(size);
  }
}

void WordPiece::Tokenize(absl::string_view text, size_t max_tokens, std::vector<int32_t>& ids) const {
  ids.assign(1, first_);
  std::string word;
  size_t characters = 0;
  const auto finish = [&] {
    if (characters > 0) AddWord(word, characters, ids);
    word.clear();
    characters = 0;
  };
  for (const UChar32 c : Characters(text)) {
    if (ids.size() >= max_tokens) break;
    const Kind kind = KindOf(c);
    if (kind == Kind::kDropped) continue;
    if (kind != Kind::kLetter) finish();
    if (kind == Kind::kSpace) continue;
    AppendUtf8(c, word);
    ++characters;
    if (kind == Kind::kAlone) finish();
  }
  finish();
  ids.resize(std::min(ids.size(), max_tokens - 1));
  ids.push_back(last_);
}

}  // namespace kontor::text
