#pragma once

#include <cstdint>
#include <memory>

#include "absl/status/statusor.h"
#include "libs/domain/search/index_view.h"
#include "libs/domain/search/meaning.h"

namespace kontor::bench {

// Vectors of 384 numbers for every product of a view: one of 2,000 random directions, chosen by the product's
// row, and noise, so that neighbours of a centre have a cosine of about .5 with each other; queries have vectors of the
// same kind, by a hash of their text. The graph, where there are enough products for one, is linked by two threads.
absl::StatusOr<std::shared_ptr<const search::Meaning>> MakeMeaning(const search::IndexView& view);

}  // namespace kontor::bench
