#include "libs/domain/text/normalize.h"

#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/uscript.h>
#include <unicode/utf8.h>

#include "absl/strings/str_cat.h"
#include "libs/domain/text/unicode.h"

namespace kontor::text {
namespace {

// Letters that Unicode does not take apart.
const char* Plain(UChar32 c) {
  switch (c) {
    case 0x00DF:
      return "ss";
    case 0x00E6:
      return "ae";
    case 0x00F0:
      return "d";
    case 0x00F8:
      return "o";
    case 0x00FE:
      return "th";
    case 0x0111:
      return "d";
    case 0x0127:
      return "h";
    case 0x0131:
      return "i";
    case 0x0142:
      return "l";
    case 0x0153:
      return "oe";
    case 0x0451:
      return "е";  // Cyrillic
    default:
      return nullptr;
  }
}

// The base letter of a Latin or Greek one with marks.
UChar32 BaseLetter(UChar32 c) {
  UErrorCode error = U_ZERO_ERROR;
  const UScriptCode script = uscript_getScript(c, &error);
  if (script != USCRIPT_LATIN && script != USCRIPT_GREEK) return c;
  static const icu::Normalizer2& normalizer = []() -> const icu::Normalizer2& {
    UErrorCode status = U_ZERO_ERROR;
    return *icu::Normalizer2::getNFDInstance(status);
  }();
  icu::UnicodeString parts;
  return normalizer.getDecomposition(c, parts) ? parts.char32At(0) : c;
}

void AppendPlain(absl::string_view text, int32_t& at, std::string& out) {
  const int32_t begin = at;
  UChar32 c = 0;
  U8_NEXT(text.data(), at, static_cast<int32_t>(text.size()), c);
  if (const char* plain = Plain(c)) {
    out += plain;
    return;
  }
  if (c >= 0x300 && c <= 0x36F) return;  // a mark that did not compose
  const UChar32 base = BaseLetter(c);
  if (base == c) {
    absl::StrAppend(&out, text.substr(begin, at - begin));
    return;
  }
  const auto letter = static_cast<char32_t>(base);
  out += Encode({&letter, 1});
}

}  // namespace

std::string WithoutDiacritics(absl::string_view word) {
  std::string out;
  for (int32_t at = 0; at < static_cast<int32_t>(word.size());) AppendPlain(word, at, out);
  return out;
}

std::string NormalForm(absl::string_view text, std::vector<uint32_t>* offsets) {
  FoldedText folded;
  Fold(text, folded);
  const std::string& in = folded.text;
  const auto size = static_cast<int32_t>(in.size());
  std::string out, plain;
  out.reserve(in.size());
  if (offsets != nullptr) offsets->clear();
  bool blank = false;
  int32_t last_end = 0;
  for (int32_t at = 0; at < size;) {
    const int32_t begin = at;
    const bool inside =
        (in[at] == '.' || in[at] == '/') && at > 0 && at + 1 < size && IsDigit(in[at - 1]) && IsDigit(in[at + 1]);
    if (in[at] == '\'' && at > 0 && at + 1 < size && IsLetter(in[at - 1]) && IsLetter(in[at + 1])) {
      ++at;  // "women's" is "womens"
      continue;
    }
    if (!inside && !IsWordByte(in[at])) {
      blank = !out.empty();
      ++at;
      continue;
    }
    plain.clear();
    if (static_cast<unsigned char>(in[at]) < 0x80) {
      plain.push_back(in[at++]);
    } else {
      AppendPlain(in, at, plain);
    }
    if (plain.empty()) continue;
    if (blank) out.push_back(' ');
    blank = false;
    if (offsets != nullptr) offsets->resize(out.size(), folded.Source(last_end));
    out += plain;
    if (offsets != nullptr) offsets->resize(out.size(), folded.Source(begin));
    last_end = at;
  }
  if (offsets != nullptr) offsets->push_back(folded.Source(last_end));
  return out;
}

}  // namespace kontor::text
