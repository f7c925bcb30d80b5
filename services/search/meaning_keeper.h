#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "libs/domain/nn/sentence_encoder.h"
#include "libs/domain/search/index_view.h"
#include "libs/domain/search/meaning.h"
#include "libs/domain/text/analyzer.h"

namespace kontor::search {

// Keeps the vectors of a shop's products: by the sentence encoder where its files are installed, otherwise by an
// encoder that is learned from the shop's own titles, again whenever a fifth of them is new. Titles that have not
// changed are not encoded again. Not thread-safe: one thread keeps, what it publishes is read by many.
class MeaningKeeper {
 public:
  // `sentences` may be null.
  MeaningKeeper(const text::Analyzer& analyzer, std::shared_ptr<const nn::SentenceEncoder> sentences);

  // Brings the vectors to the state of a view: 1 to 3 ms a new title with the sentence encoder, microseconds otherwise.
  // `cancelled` is asked between batches; then, and for a catalogue that is too small to learn from, what there was is
  // returned, maybe null.
  std::shared_ptr<const Meaning> Refresh(const IndexView& view, const std::function<bool()>& cancelled);

 private:
  struct Title {
    uint32_t row = 0;
    uint64_t hash = 0;
    absl::string_view text;
  };
  absl::Status LearnTerms(const std::vector<Title>& titles);
  absl::Status Begin();
  absl::Status Encode(const std::vector<Title>& titles, const std::function<bool()>& cancelled);
  std::vector<std::string> TermsOf(absl::string_view title) const;

  const text::Analyzer& analyzer_;
  const std::shared_ptr<const nn::SentenceEncoder> sentences_;
  std::shared_ptr<const TextEncoder> encoder_;  // of titles
  std::shared_ptr<const TextEncoder> queries_;  // the same, remembering where encoding takes milliseconds
  std::shared_ptr<VectorIndex> vectors_;
  absl::flat_hash_map<uint32_t, uint64_t> encoded_;  // row → hash of the title
  std::shared_ptr<const CatalogueEncoder> terms_;
  size_t learned_from_ = 0;  // titles, when terms_ was learned
};

}  // namespace kontor::search
