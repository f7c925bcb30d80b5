#pragma once

#include "absl/strings/string_view.h"

namespace kontor::text {

// Snowball's stemmers (Porter 2001) by language.
inline constexpr int kNoStemmer = -1;
// Index for Stem; kNoStemmer for a language that has none. `known`: whether the language is one at all.
int StemmerOf(absl::string_view language, bool& known);

// The term of a folded word: its stem, with `units` the stem of a unit's long name ("gal": that of "gallon"). Valid
// until the thread's next call. Thread-safe: stemmers and a bounded cache of words belong to the thread.
absl::string_view TermOf(int stemmer, bool units, absl::string_view word);

}  // namespace kontor::text
