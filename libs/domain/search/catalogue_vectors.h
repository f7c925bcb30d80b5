#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"

// Vectors of products and queries learned from the shop's own catalogue and clicks: what stands in for the sentence
// encoder where its weights are not there.
namespace kontor::search {

struct CatalogueVectorOptions {
  uint32_t dimensions = 256;     // 8 … 512
  uint32_t least_products = 3;   // a term has to stand in, to have a vector
  uint32_t most_terms = 50'000;  // the most frequent ones
  uint32_t title_terms = 32;     // of a title that are read
  float context_power = 0.75F;   // of context counts (Levy, Goldberg, Dagan 2015)
  float click_weight = 1;        // how much a click counts beside two terms in one title
  int oversampling = 16, power_iterations = 2;
  uint64_t seed = 1;
};

// A term of a text and how much it counts there: below 1 for a guess.
struct WeighedTerm {
  absl::string_view term;
  float weight = 1;
};

// Terms of a query and the product that was clicked or bought, so many times.
struct QueryClick {
  std::vector<std::string> terms;
  uint32_t product = 0;  // index of its title
  float count = 1;
};

// A term's vector is its row of U S^(1/4), to length 1, from the positive pointwise mutual information of terms in one
// title (and of a query's terms with the clicked title's) by a randomised singular value decomposition (Halko,
// Martinsson, Tropp 2011); a text's the sum of its terms' vectors times idf and weight, to length 1. Immutable,
// thread-safe.
class CatalogueEncoder {
 public:
  // INVALID_ARGUMENT: options out of range, a click on no title. FAILED_PRECONDITION: fewer terms than dimensions.
  // Deterministic for a seed. Cost: eight seconds for fifty thousand titles of ten terms, minutes and about 1.5 GB for
  // a million.
  static absl::StatusOr<CatalogueEncoder> Train(absl::Span<const std::vector<std::string>> titles,
                                                absl::Span<const QueryClick> clicks,
                                                const CatalogueVectorOptions& options = {});

  uint32_t dimensions() const { return dimensions_; }
  size_t terms() const { return index_.size(); }

  // Zeros when no term is known. INVALID_ARGUMENT when out has another size.
  absl::Status Encode(absl::Span<const WeighedTerm> terms, absl::Span<float> out) const;

  // Of length 1; empty when the term is not known.
  absl::Span<const float> VectorOf(absl::string_view term) const;
  // The cosine of two terms' vectors; 0 when one is not known.
  float Similarity(absl::string_view a, absl::string_view b) const;

  // Load: INVALID_ARGUMENT for other bytes; DATA_LOSS when they were cut or changed.
  std::string Save() const;
  static absl::StatusOr<CatalogueEncoder> Load(absl::string_view bytes);

 private:
  CatalogueEncoder() = default;

  uint32_t dimensions_ = 0;
  absl::flat_hash_map<std::string, uint32_t> index_;
  std::vector<float> idf_;
  std::vector<float> vectors_;  // a row a term
};

// How near titles come to the terms of one query. Remembers the terms it met. Not thread-safe; made for one query and
// one segment, whose numbers the terms have.
class SoftMatcher {
 public:
  // Borrows the encoder.
  SoftMatcher(const CatalogueEncoder& encoder, absl::Span<const absl::string_view> query);

  // For RankCandidate::soft: by term of the query its largest similarity to a term of the title, at least 0. `term_of`
  // gives the text of a number. Cost: the query's terms times the title's, and a similarity for each new pair.
  void Match(absl::Span<const uint32_t> title, absl::FunctionRef<absl::string_view(uint32_t)> term_of,
             std::vector<float>& soft);

 private:
  const CatalogueEncoder& encoder_;
  std::vector<absl::Span<const float>> query_;   // vectors of its terms
  std::vector<float> similarities_;              // of terms that were met, with each of the query's
  absl::flat_hash_map<uint32_t, uint32_t> met_;  // where they begin
};

}  // namespace kontor::search
