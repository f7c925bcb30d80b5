#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace kontor::text {

// Texts that mean the same look the same: NFKC and case folding, no diacritics, one blank between words, no punctuation
// but a point or a slash between digits. "Café-Crème  ½ L" is "cafe creme 1/2 l". Broken UTF-8 and control characters
// are blanks. Idempotent. With `offsets`: for every byte of the answer, and one behind the last, where it comes from in
// the text.
std::string NormalForm(absl::string_view text, std::vector<uint32_t>* offsets = nullptr);

// The form without diacritics of a normalised word: "é" is "e", "ø" is "o", "ß" is "ss"; other scripts stay as they
// are.
std::string WithoutDiacritics(absl::string_view word);

}  // namespace kontor::text
