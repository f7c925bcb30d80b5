#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "libs/domain/text/analyzer.h"
#include "libs/domain/text/symmetric_deletes.h"

namespace kontor::text {

// What becomes of one word of a query.
struct SpellingVerdict {
  // kJoin stands for the word and the next one, whose verdict is kJoined. kAlso keeps the word and names another beside
  // it.
  enum class Action : uint8_t { kKeep, kReplace, kSplit, kJoin, kJoined, kAlso } action = Action::kKeep;
  std::vector<std::string> words;  // kReplace, kJoin, kAlso: one; kSplit: two; otherwise none
  float weight = 1;                // of the new words in a score, against words as typed: a correction is a guess
};

struct CorrectedText {
  struct Change {
    uint32_t begin = 0, end = 0;          // bytes of the source
    uint32_t new_begin = 0, new_end = 0;  // bytes of the corrected text
    SpellingVerdict::Action action = SpellingVerdict::Action::kReplace;
    std::string words;  // the new ones, by blanks; kAlso: what may stand for the word, which the text keeps
    float weight = 1;
  };
  std::string text;             // the source with the changes made
  std::vector<Change> changes;  // by position, apart from each other
};

// Words of a query that may be written as one, or apart: both ways stand in the catalogue.
struct Compound {
  size_t word = 0;                 // of the query; a join is of this and the next one
  std::vector<std::string> words;  // one: the joined word; two: the parts
};

// The words of a catalogue, and what a misspelt word of a query was meant to be. Never touched: words that exist, even
// as a stem ("celling" if "cell" does), words with digits, words of fewer than four letters; a word that nothing
// explains is kept.
//   Candidates come by symmetric deletes, distance 2, from words in two documents and more. A cost of typing
//     (edit_cost.h) above 2 is too much; of two edits in less than seven letters, above 1.3.
//   score = −3 cost + ln(.3 df/N + .7 mean over the query's other known terms o of n(candidate, o) / n(o) + 1e-9),
//     where df counts documents with the word as it is written (a term may be far more frequent: "liter" is the term of
//     every "2 L"), n those with both terms; context are the six rarest, all below .15 N.
//   Splits into two words of five documents and more; below three letters also neighbours in five:
//     score = −3.6 + ln((adjacent + .0002 min(df))/N + 1e-9). Joins with a neighbour that is a word or not: as
//     candidates of cost 1.2.
//   The best score wins (a noisy channel: Kernighan, Church, Gale 1990). It is unconfirmed if the query has two other
//     known terms and more and, of the documents that have most of their idf, fewer than two have the new word. An
//     unconfirmed split into words that are nowhere neighbours is not made: such a word is a name, or another shop's.
//   weight: unconfirmed .3; otherwise .8 for a split or a join, which keep the letters as they were typed, and .4 for
//     another word.
//   kAlso: the word is no word of the catalogue, nor one with an s behind it, but its stem is; a candidate of cost up
//     to 1 in five documents and more stands with the other terms ten times as often. weight .4.
// Immutable; thread-safe. Not updated but rebuilt in the background from the catalogue, of which terms' neighbourhoods
// are sampled (kSampleMax documents).
class SpellingDictionary {
 public:
  static constexpr size_t kSampleMax = 1 << 18;
  static constexpr size_t kWordsMax = 64;   // of a query; further ones are kept
  static constexpr size_t kUnknownMax = 8;  // of a query: the first unknown words are mended

  // What Correct is asked about: Token::word and Token::term.
  struct Word {
    absl::string_view word;
    absl::string_view term;
  };

  // Collects words; not thread-safe. Memory: the distinct words, and the sample's terms and neighbouring pairs.
  class Builder {
   public:
    // One document as the analyzer gives it. Tokens of letters count.
    void Add(absl::Span<const Token> tokens);
    // Exists, but replaces nothing: "please", "under".
    void AddKnown(absl::string_view word);
    std::shared_ptr<const SpellingDictionary> Build() &&;

   private:
    friend class SpellingDictionary;
    static uint32_t Id(absl::string_view text, absl::flat_hash_map<std::string, uint32_t>& ids,
                       std::vector<std::string>& texts);
    void Halve();

    std::vector<std::string> words_, terms_;
    absl::flat_hash_map<std::string, uint32_t> word_ids_, term_ids_;
    std::vector<uint32_t> word_documents_, word_terms_, term_documents_;
    std::vector<std::string> known_;
    uint32_t documents_ = 0;
    uint32_t stride_ = 1;                                    // every so many-th document is in the sample
    std::vector<std::vector<uint32_t>> sample_;              // terms of each document
    std::vector<std::vector<uint64_t>> sample_pairs_;        // words, first << 32 | second
    std::vector<uint32_t> document_words_, document_terms_;  // of the one being added
    std::vector<uint64_t> document_pairs_;
  };

  // One verdict a word.
  std::vector<SpellingVerdict> Correct(absl::Span<const Word> words) const;
  // The same over a text, which then goes on corrected. What stands between double quotes is kept.
  CorrectedText CorrectText(const Analyzer& analyzer, absl::string_view text) const;
  // Joins of neighbours (five letters and more together, in three documents and more) and splits of known words of six
  // letters and more (parts of three, neighbours in five documents and more).
  std::vector<Compound> Compounds(absl::Span<const Word> words) const;

  bool Knows(absl::string_view word) const { return word_ids_.contains(word) || known_.contains(word); }
  uint32_t documents(absl::string_view word) const;  // that have the word; 0: unknown
  size_t size() const { return words_.size(); }
  size_t memory_bytes() const;

  // Bytes for a file of the caller's, who adds a checksum. DATA_LOSS: not bytes of Save.
  std::string Save() const;
  static absl::StatusOr<std::shared_ptr<const SpellingDictionary>> Load(absl::string_view bytes);

 private:
  static constexpr uint32_t kNone = ~uint32_t{0};
  struct Query;
  struct Guess;

  SpellingDictionary() = default;
  void Finish();  // what follows from the words and terms

  uint32_t IdOf(absl::string_view word) const;
  uint32_t TermIdOf(absl::string_view term) const;
  absl::Span<const uint32_t> Postings(uint32_t term) const;
  size_t Together(uint32_t a, uint32_t b) const;  // documents of the sample with both terms
  double Adjacent(uint32_t a, uint32_t b) const;  // documents of the catalogue with word b behind word a, estimated
  std::vector<uint32_t> Context(const Query& query, size_t word) const;
  double WordScore(uint32_t word, absl::Span<const uint32_t> context) const;
  void Replacements(const Query& query, size_t word, Guess& best) const;
  void Splits(const Query& query, size_t word, Guess& best) const;
  void Join(const Query& query, size_t first, size_t word, Guess& best) const;
  SpellingVerdict Also(const Query& query, size_t word) const;
  bool Confirmed(const Query& query, size_t word, absl::Span<const uint32_t> terms) const;

  uint32_t documents_ = 0, sampled_ = 0;
  std::vector<std::string> words_, terms_;
  std::vector<uint32_t> word_documents_, word_terms_, term_documents_;
  std::vector<uint64_t> offsets_;   // of terms into postings_
  std::vector<uint32_t> postings_;  // documents of the sample, ascending
  std::vector<uint64_t> pairs_;     // first << 32 | second, ascending
  std::vector<uint32_t> pair_documents_;
  absl::flat_hash_set<std::string> known_;
  absl::flat_hash_map<absl::string_view, uint32_t> word_ids_, term_ids_;  // views of words_, terms_
  std::vector<std::vector<char32_t>> letters_;
  SymmetricDeletes deletes_;
};

}  // namespace kontor::text
