#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"

// What this folder needs of Unicode.
namespace kontor::text {

// The class of a byte of a folded text: every byte from 0x80 belongs to a letter.
enum class ByteClass : uint8_t { kOther, kLetter, kDigit };
ByteClass ClassOf(char byte);
inline bool IsLetter(char byte) { return ClassOf(byte) == ByteClass::kLetter; }
inline bool IsDigit(char byte) { return ClassOf(byte) == ByteClass::kDigit; }
inline bool IsWordByte(char byte) { return ClassOf(byte) != ByteClass::kOther; }
bool IsAscii(absl::string_view text);

// A text after NFKC and case folding. Letters, marks and digits of all scripts stay, and ASCII punctuation; typographic
// quotes, dashes, primes, × and ⁄ are their ASCII likes; "½" is "1/2" ("-1/2" behind a digit); "°" is the word degree;
// control characters, broken bytes, trademark signs and all else are blanks. HTML entities ("&quot;") are what they
// stand for.
struct FoldedText {
  std::string text;
  std::vector<uint32_t> offsets;  // of each byte and of the end, in the source; empty: the same (an ASCII source)

  // Where the character of a byte begins; where the one that ends before `end` ends.
  uint32_t Source(size_t at) const { return offsets.empty() ? static_cast<uint32_t>(at) : offsets[at]; }
  uint32_t SourceEnd(size_t end) const;
};
void Fold(absl::string_view source, FoldedText& folded);

// Whether the word has characters of a script written without blanks.
bool NeedsSegmentation(absl::string_view word);
// How many bytes at the word's beginning are of such scripts, or of others.
size_t RunOfOneKind(absl::string_view word, bool& segmented);
// Calls with begin and end of each word in a run of such a script.
void SegmentRun(absl::string_view run, const std::function<void(size_t begin, size_t end)>& word);

// Code points of valid UTF-8.
void Decode(absl::string_view text, std::vector<char32_t>& code_points);
std::string Encode(absl::Span<const char32_t> code_points);

}  // namespace kontor::text
