#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "libs/base/clock.h"

// What every model of this folder is trained from and how its training is steered.
namespace kontor::nn {

// Users' items, oldest first: user u owns items[offsets[u]] … items[offsets[u + 1] - 1].
struct Sequences {
  absl::Span<const uint32_t> items;    // each < item_count
  absl::Span<const uint64_t> offsets;  // users + 1, from 0 to items.size(), never falling
  uint32_t item_count = 0;

  size_t users() const { return offsets.empty() ? 0 : offsets.size() - 1; }
  absl::Span<const uint32_t> user(size_t u) const { return items.subspan(offsets[u], offsets[u + 1] - offsets[u]); }
};

// Validation: a history for each user and the item that came next.
struct HoldOut {
  Sequences histories;
  absl::Span<const uint32_t> targets;  // one a user, < item_count
};

// Sparse item features: item i has the features features[offsets[i]] … features[offsets[i + 1] - 1], each once.
// Whoever makes them gives tokens of texts, categories, brands, price bands and attributes ids of one space.
struct ItemFeatures {
  absl::Span<const uint64_t> offsets;  // items + 1; empty: there are no features
  absl::Span<const uint32_t> features;
  uint32_t feature_count = 0;

  absl::Span<const uint32_t> item(size_t i) const { return features.subspan(offsets[i], offsets[i + 1] - offsets[i]); }
};

// INVALID_ARGUMENT when a table contradicts its description above.
absl::Status Check(const Sequences& sequences);
absl::Status Check(const HoldOut& hold_out, uint32_t item_count);
absl::Status Check(const ItemFeatures& features, uint32_t item_count);

struct TrainProgress {
  int epoch = 0;          // from 1
  double loss = 0;        // mean over the epoch's batches
  double validation = 0;  // the model's validation figure, higher is better
  double best = 0;        // the best so far, this epoch included
  double seconds = 0;     // since the training began or was resumed, by the clock; 0 without a clock
};

struct TrainControl {
  uint64_t seed = 1;
  int threads = 1;     // LibTorch's while training; results are the same for every number up to rounding
  int max_epochs = 0;  // 0: the model's own default
  int patience = 0;    // epochs without a better validation figure before training ends; 0: the model's own default

  // A budget of wall time needs the clock. When it is used up the running epoch ends early, is validated once, and the
  // best weights so far are the result.
  const base::Clock* clock = nullptr;
  double max_seconds = 0;  // 0: no limit

  std::function<bool()> cancelled;                     // asked before every batch; true ends training with CANCELLED
  std::function<void(const TrainProgress&)> progress;  // after every epoch
  std::function<absl::Status(absl::string_view)> checkpoint;  // after every epoch; an error ends training with it

  // Bytes that `checkpoint` got from a training with the same data, options and seed: it goes on from there and ends
  // as the uninterrupted one would have. INVALID_ARGUMENT when they belong to another model or seed.
  absl::string_view resume;
};

}  // namespace kontor::nn
