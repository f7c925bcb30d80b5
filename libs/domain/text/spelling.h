#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "libs/domain/text/analyzer.h"

namespace kontor::text {

struct SpellingOptions {
  uint32_t min_documents = 2;        // of a word that replaces another
  uint32_t min_split_documents = 5;  // of either half of a split
  uint32_t min_pair_documents = 2;   // of two words that a split makes neighbours, or that a join takes apart
  double min_confidence = 0.5;       // below it a word is kept
};

// What becomes of one word of a query.
struct SpellingVerdict {
  enum class Action : uint8_t { kKeep, kReplace, kSplit, kJoin, kJoined } action = Action::kKeep;
  std::vector<std::string> words;  // kReplace, kJoin: one; kSplit: two; kJoined (the word behind a kJoin): none
  double confidence = 1;           // that a reader would agree, in [0, 1]
};

struct CorrectedText {
  struct Change {
    uint32_t begin = 0, end = 0;  // bytes of the source
    std::string replacement;
    double confidence = 0;
  };
  std::string text;             // the source with the changes made
  std::vector<Change> changes;  // by position, apart from each other
};

// The words of a catalogue, and what a misspelt word of a query most likely was. Words that exist, even as a stem,
// words with digits and words of fewer than four letters are never touched; a word that nothing explains is kept.
// Candidates come by symmetric deletes (Garbe 2012) over prefixes of seven letters: distance 1 from four letters, 2
// from seven (optimal string alignment over Unicode code points). They are weighed as a noisy channel (Kernighan,
// Church, Gale 1990): the cost of each edit (neighbouring keys, transpositions and doubled letters are cheap, the first
// letter is dear), how many documents have the word, and how many have it beside the query's other words. Splits and
// joins compete with them. Immutable; thread-safe. Rebuilt from the catalogue in the background: see Builder.
class SpellingDictionary {
 public:
  // What Correct is asked about: Token::word and Token::term.
  struct Word {
    absl::string_view word;
    absl::string_view term;
  };

  // Collects words; not thread-safe. Memory: the distinct words and the distinct neighbouring pairs.
  class Builder {
   public:
    // One product's text as the analyzer gives it; words of letters count, one document each.
    void Add(absl::Span<const Token> tokens);
    // Words that count as existing but replace nothing: "please", "under".
    void AddKnown(absl::string_view word);
    std::shared_ptr<const SpellingDictionary> Build(const SpellingOptions& options = {}) &&;

   private:
    friend class SpellingDictionary;
    uint32_t Id(absl::string_view word);

    std::vector<std::string> words_;
    std::vector<uint32_t> documents_;
    absl::flat_hash_map<std::string, uint32_t> ids_;
    absl::flat_hash_set<std::string> known_;             // stems, and words from AddKnown
    absl::flat_hash_map<uint64_t, uint32_t> following_;  // first << 32 | second
    std::vector<uint32_t> document_;
    std::vector<uint64_t> pairs_;
  };

  // One verdict a word.
  std::vector<SpellingVerdict> Correct(absl::Span<const Word> words) const;

  // The same over a text: spelling, then everything else sees the corrected text. Words within double quotes are kept.
  CorrectedText CorrectText(const Analyzer& analyzer, absl::string_view text) const;

  bool Knows(absl::string_view word) const;
  uint32_t documents(absl::string_view word) const;  // that have the word; 0: unknown
  size_t size() const { return offsets_.size() - 1; }
  size_t memory_bytes() const;

  // Bytes for a file of the caller's, who adds a checksum. DATA_LOSS: not bytes of Save.
  std::string Save() const;
  static absl::StatusOr<std::shared_ptr<const SpellingDictionary>> Load(absl::string_view bytes);

 private:
  SpellingDictionary() = default;
};

}  // namespace kontor::text
