#include "libs/domain/text/unicode.h"

#include <unicode/edits.h>
#include <unicode/normalizer2.h>
#include <unicode/ubrk.h>
#include <unicode/uchar.h>
#include <unicode/utext.h>
#include <unicode/utf8.h>

#include <array>
#include <cstring>
#include <memory>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace kontor::text {
namespace {

constexpr std::array<ByteClass, 256> MakeClasses() {
  std::array<ByteClass, 256> classes{};
  for (int c = 'a'; c <= 'z'; ++c) classes[c] = ByteClass::kLetter;
  for (int c = '0'; c <= '9'; ++c) classes[c] = ByteClass::kDigit;
  for (int c = 0x80; c < 256; ++c) classes[c] = ByteClass::kLetter;
  return classes;
}
constexpr std::array<ByteClass, 256> kClasses = MakeClasses();

constexpr std::array<char, 128> MakeLower() {
  std::array<char, 128> lower{};
  for (int c = 0; c < 128; ++c)
    lower[c] = static_cast<char>(c < 32 || c == 127 ? ' ' : c >= 'A' && c <= 'Z' ? c + 32 : c);
  return lower;
}
constexpr std::array<char, 128> kLower = MakeLower();

const icu::Normalizer2& FoldingNormalizer() {
  static const icu::Normalizer2& normalizer = []() -> const icu::Normalizer2& {
    UErrorCode error = U_ZERO_ERROR;
    return *icu::Normalizer2::getNFKCCasefoldInstance(error);  // compiled into ICU: cannot fail
  }();
  return normalizer;
}

bool IsWordCodePoint(UChar32 c) {
  return u_isUAlphabetic(c) || u_isdigit(c) || (U_GET_GC_MASK(c) & (U_GC_M_MASK | U_GC_N_MASK)) != 0 || c == 0x200D ||
         c == 0x00AD;
}

// What stands for a code point that is not folded as part of a word; null: nothing special.
const char* Replacement(UChar32 c) {
  switch (c) {
    case 0x00BC:
      return "1/4";
    case 0x00BD:
      return "1/2";
    case 0x00BE:
      return "3/4";
    case 0x2153:
      return "1/3";
    case 0x2154:
      return "2/3";
    case 0x2155:
      return "1/5";
    case 0x2156:
      return "2/5";
    case 0x2157:
      return "3/5";
    case 0x2158:
      return "4/5";
    case 0x2159:
      return "1/6";
    case 0x215A:
      return "5/6";
    case 0x215B:
      return "1/8";
    case 0x215C:
      return "3/8";
    case 0x215D:
      return "5/8";
    case 0x215E:
      return "7/8";
    case 0x2044:
      return "/";
    case 0x00D7:
      return "x";
    case 0x00B0:
      return " degree ";
    case 0x2018:
    case 0x2019:
    case 0x2032:
    case 0x02BC:
    case 0x00B4:
      return "'";
    case 0x201C:
    case 0x201D:
    case 0x201E:
    case 0x2033:
      return "\"";
    case 0x2010:
    case 0x2011:
    case 0x2012:
    case 0x2013:
    case 0x2014:
    case 0x2212:
      return "-";
    case 0x2116:
      return " no ";
    case 0x2103:
      return " degree c ";
    case 0x2109:
      return " degree f ";
    default:
      return nullptr;
  }
}

class Folder {
 public:
  Folder(absl::string_view source, FoldedText& folded)
      : source_(source), text_(folded.text), offsets_(folded.offsets) {}

  void Run() {
    const int32_t size = static_cast<int32_t>(source_.size());
    int32_t at = 0;
    while (at < size) {
      const auto byte = static_cast<unsigned char>(source_[at]);
      if (byte < 0x80) {
        Put(kLower[byte], at++);
        continue;
      }
      const int32_t begin = at;
      UChar32 c = 0;
      U8_NEXT(source_.data(), at, size, c);
      if (const char* replacement = c < 0 ? " " : Replacement(c)) {
        if (IsDigit(replacement[0]) && !text_.empty() && IsDigit(text_.back())) Put('-', begin);
        for (; *replacement != 0; ++replacement) Put(*replacement, begin);
      } else if (IsWordCodePoint(c)) {
        at = RunOfWord(begin, at);
      } else {
        Put(' ', begin);
      }
    }
    offsets_.push_back(static_cast<uint32_t>(source_.size()));
  }

 private:
  void Put(char byte, int32_t from) {
    text_.push_back(byte);
    offsets_.push_back(static_cast<uint32_t>(from));
  }

  // Folds the code points of words from `begin`; a combining mark takes the letter before it along.
  int32_t RunOfWord(int32_t begin, int32_t at) {
    const int32_t size = static_cast<int32_t>(source_.size());
    while (at < size && static_cast<unsigned char>(source_[at]) >= 0x80) {
      int32_t next = at;
      UChar32 c = 0;
      U8_NEXT(source_.data(), next, size, c);
      if (c < 0 || Replacement(c) != nullptr || !IsWordCodePoint(c)) break;
      at = next;
    }
    std::string run;
    int32_t from = begin;
    if (!text_.empty() && static_cast<unsigned char>(text_.back()) < 0x80 && IsWordByte(text_.back()) &&
        offsets_.back() + 1 == static_cast<uint32_t>(begin)) {
      run.push_back(text_.back());
      text_.pop_back();
      offsets_.pop_back();
      --from;
    }
    absl::StrAppend(&run, source_.substr(begin, at - begin));
    PutFolded(run, from);
    return at;
  }

  void PutFolded(const std::string& run, int32_t from) {
    folded_.clear();
    edits_.reset();
    UErrorCode error = U_ZERO_ERROR;
    icu::StringByteSink<std::string> sink(&folded_);
    FoldingNormalizer().normalizeUTF8(0, icu::StringPiece(run.data(), static_cast<int32_t>(run.size())), sink, &edits_,
                                      error);
    if (U_FAILURE(error)) {  // out of memory alone
      Put(' ', from);
      return;
    }
    icu::Edits::Iterator edit = edits_.getCoarseIterator();
    while (edit.next(error)) {
      const bool changed = edit.hasChange();
      for (int32_t i = 0; i < edit.newLength(); ++i) {
        Put(folded_[edit.destinationIndex() + i], from + edit.sourceIndex() + (changed ? 0 : i));
      }
    }
    BlankOthers(text_.size() - folded_.size());
  }

  // Compatibility forms may decompose into signs: "㈱" has brackets.
  void BlankOthers(size_t begin) {
    const int32_t size = static_cast<int32_t>(text_.size());
    for (auto at = static_cast<int32_t>(begin); at < size;) {
      const int32_t first = at;
      UChar32 c = 0;
      U8_NEXT(text_.data(), at, size, c);
      if (c < 0x80) {
        text_[first] = kLower[c];
      } else if (!IsWordCodePoint(c)) {
        for (int32_t i = first; i < at; ++i) text_[i] = ' ';
      }
    }
  }

  absl::string_view source_;
  std::string& text_;
  std::vector<uint32_t>& offsets_;
  std::string folded_;
  icu::Edits edits_;
};

// By the first two bytes of a character.
bool IsSegmented(char first, char second) {
  const auto lead = static_cast<unsigned char>(first), next = static_cast<unsigned char>(second);
  if (lead == 0xE0) return next >= 0xB8 && next <= 0xBB;                                    // Thai, Lao
  if (lead == 0xE1) return (next >= 0x80 && next <= 0x82) || next == 0x9E || next == 0x9F;  // Burmese, Khmer
  if (lead == 0xF0) return next >= 0xA0 && next <= 0xB2;                                    // rare Han
  return lead >= 0xE3 && lead <= 0xE9;                                                      // Kana, Han
}

// What an HTML entity at the text's beginning means; 0: there is none.
size_t EntityAt(absl::string_view text, char& meaning) {
  static constexpr std::pair<absl::string_view, char> kEntities[] = {
      {"&amp;", ' '}, {"&quot;", '"'}, {"&#39;", '\''}, {"&#34;", '"'},   {"&apos;", '\''}, {"&lt;", ' '},
      {"&gt;", ' '},  {"&nbsp;", ' '}, {"&reg;", ' '},  {"&trade;", ' '}, {"&copy;", ' '}};
  for (const auto& [entity, sign] : kEntities) {
    if (!absl::StartsWith(text, entity)) continue;
    meaning = sign;
    return entity.size();
  }
  return 0;
}

// Catalogues are often exported from pages.
void Unescape(FoldedText& folded) {
  if (folded.text.find('&') == std::string::npos) return;
  FoldedText plain;
  for (size_t at = 0; at < folded.text.size();) {
    char meaning = folded.text[at];
    plain.offsets.push_back(folded.Source(at));
    at += meaning == '&' ? std::max<size_t>(1, EntityAt(absl::string_view(folded.text).substr(at), meaning)) : 1;
    plain.text.push_back(meaning);
  }
  plain.offsets.push_back(folded.Source(folded.text.size()));
  folded = std::move(plain);
}

struct BreakDeleter {
  void operator()(UBreakIterator* iterator) const { ubrk_close(iterator); }
};

}  // namespace

ByteClass ClassOf(char byte) { return kClasses[static_cast<unsigned char>(byte)]; }

bool IsAscii(absl::string_view text) {
  const char* at = text.data();
  size_t left = text.size();
  for (; left >= 8; at += 8, left -= 8) {
    uint64_t word;
    std::memcpy(&word, at, 8);
    if ((word & 0x8080808080808080ULL) != 0) return false;
  }
  for (; left > 0; ++at, --left) {
    if (static_cast<unsigned char>(*at) >= 0x80) return false;
  }
  return true;
}

void Fold(absl::string_view source, FoldedText& folded) {
  folded.offsets.clear();
  folded.text.clear();
  if (!IsAscii(source)) {
    Folder(source, folded).Run();
    return Unescape(folded);
  }
  folded.text.resize(source.size());
  for (size_t i = 0; i < source.size(); ++i) folded.text[i] = kLower[static_cast<unsigned char>(source[i])];
  Unescape(folded);
}

uint32_t FoldedText::SourceEnd(size_t end) const {
  if (offsets.empty()) return static_cast<uint32_t>(end);
  size_t at = end;
  while (at + 1 < offsets.size() && offsets[at] == offsets[end - 1]) ++at;
  return offsets[at];
}

bool NeedsSegmentation(absl::string_view word) {
  for (size_t i = 0; i + 1 < word.size(); ++i) {
    if (IsSegmented(word[i], word[i + 1])) return true;
  }
  return false;
}

size_t RunOfOneKind(absl::string_view word, bool& segmented) {
  size_t at = 0;
  for (bool first = true; at < word.size(); first = false) {
    size_t next = at + 1;
    while (next < word.size() && (static_cast<unsigned char>(word[next]) & 0xC0) == 0x80) ++next;
    const bool here = next > at + 1 && IsSegmented(word[at], word[at + 1]);
    if (first) segmented = here;
    if (here != segmented) break;
    at = next;
  }
  return at;
}

void SegmentRun(absl::string_view run, const std::function<void(size_t, size_t)>& word) {
  thread_local std::unique_ptr<UBreakIterator, BreakDeleter> iterator;
  UErrorCode error = U_ZERO_ERROR;
  if (iterator == nullptr) iterator.reset(ubrk_open(UBRK_WORD, "", nullptr, 0, &error));
  UText text = UTEXT_INITIALIZER;
  utext_openUTF8(&text, run.data(), static_cast<int64_t>(run.size()), &error);
  if (U_SUCCESS(error)) ubrk_setUText(iterator.get(), &text, &error);
  if (U_FAILURE(error)) {  // no break data installed: one word
    word(0, run.size());
    return;
  }
  int32_t begin = ubrk_first(iterator.get());
  for (int32_t end = ubrk_next(iterator.get()); end != UBRK_DONE; begin = end, end = ubrk_next(iterator.get()))
    word(begin, end);
  utext_close(&text);
}

void Decode(absl::string_view text, std::vector<char32_t>& code_points) {
  code_points.clear();
  for (int32_t at = 0; at < static_cast<int32_t>(text.size());) {
    UChar32 c = 0;
    U8_NEXT(text.data(), at, static_cast<int32_t>(text.size()), c);
    code_points.push_back(c < 0 ? U'\uFFFD' : static_cast<char32_t>(c));
  }
}

std::string Encode(absl::Span<const char32_t> code_points) {
  std::string text;
  for (char32_t c : code_points) {
    char bytes[4];
    int32_t size = 0;
    UBool error = false;
    U8_APPEND(bytes, size, 4, static_cast<UChar32>(c), error);
    if (!error) text.append(bytes, size);
  }
  return text;
}

}  // namespace kontor::text
