#pragma once

#include <cstddef>
#include <memory>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "libs/domain/search/catalogue_vectors.h"
#include "libs/domain/search/vectors.h"

namespace kontor::search {

// A text of a query or a product: as it is written, and what the analyzer makes of it. Each encoder takes what it
// needs.
struct TextToEncode {
  absl::string_view text;
  absl::Span<const WeighedTerm> terms;
};

// From texts to vectors of length 1; zeros where nothing is known of a text. Thread-safe.
class TextEncoder {
 public:
  virtual ~TextEncoder() = default;
  virtual size_t dimensions() const = 0;
  // Writes texts.size() * dimensions() numbers. INVALID_ARGUMENT when out has another size.
  virtual absl::Status Encode(absl::Span<const TextToEncode> texts, absl::Span<float> out) const = 0;
};

// What products mean: vectors by IndexView::Row, and what made them. Either pair may be missing.
struct Meaning {
  std::shared_ptr<const TextEncoder> sentences;  // knows the language
  std::shared_ptr<const VectorIndex> sentence_vectors;
  std::shared_ptr<const CatalogueEncoder> catalogue;  // knows the shop: learned from its titles
  std::shared_ptr<const VectorIndex> catalogue_vectors;
};

}  // namespace kontor::search
