#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "libs/domain/nn/sentence_encoder.h"
#include "libs/domain/search/index_view.h"
#include "libs/domain/search/meaning.h"
#include "libs/domain/text/analyzer.h"

namespace kontor::search {

// Keeps the vectors of a shop's products: by an encoder that is learned from the shop's own titles, again whenever a
// fifth of them is new, and by the sentence encoder where its files are installed. Titles that have not changed are not
// encoded again. Not thread-safe: one thread keeps, what it publishes is read by many.
class MeaningKeeper {
 public:
  // `sentences` may be null.
  MeaningKeeper(const text::Analyzer& analyzer, std::shared_ptr<const nn::SentenceEncoder> sentences);

  using Publish = std::function<void(std::shared_ptr<const Meaning>)>;
  // Brings the vectors to the state of a view: 1 to 3 ms a new title with the sentence encoder, microseconds with the
  // other, which is published first. `cancelled` is asked between batches.
  void Refresh(const IndexView& view, const std::function<bool()>& cancelled, const Publish& publish);

 private:
  struct Title {
    uint32_t row = 0;
    uint64_t hash = 0;
    absl::string_view text;
  };
  // One kind of vectors.
  struct Vectors {
    std::shared_ptr<const TextEncoder> encoder;
    std::shared_ptr<VectorIndex> index;
    absl::flat_hash_map<uint32_t, uint64_t> encoded;  // row → hash of the title
  };

  absl::Status LearnCatalogue(const std::vector<Title>& titles);
  absl::Status Start(std::shared_ptr<const TextEncoder> encoder, Vectors& vectors);
  absl::Status Bring(const std::vector<Title>& titles, const absl::flat_hash_set<uint32_t>& living,
                     const std::function<bool()>& cancelled, Vectors& vectors);
  absl::Status EncodeBatch(absl::Span<const Title> titles, Vectors& vectors);
  std::shared_ptr<const Meaning> Published(bool sentences) const;
  std::vector<std::string> TermsOf(absl::string_view title) const;

  const text::Analyzer& analyzer_;
  std::shared_ptr<const TextEncoder> asked_sentences_;  // for queries, which it remembers
  std::shared_ptr<const CatalogueEncoder> catalogue_;
  size_t learned_from_ = 0;  // titles
  Vectors sentence_vectors_, catalogue_vectors_;
  bool sentences_ready_ = false;  // every product has had a vector once
};

}  // namespace kontor::search
