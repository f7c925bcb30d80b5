#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace kontor::nn {

// A trained model that turns a history into a vector; an item's score is dot(vector, its row of output_table()) plus
// its output_bias(). Scores of one vector can be compared with each other, not with those of another. Immutable and
// thread-safe.
class UserEncoder {
 public:
  virtual ~UserEncoder() = default;

  virtual uint32_t item_count() const = 0;
  virtual uint32_t dimensions() const = 0;
  virtual absl::Span<const float> output_table() const = 0;  // item_count x dimensions, row-major
  virtual absl::Span<const float> output_bias() const = 0;   // item_count, or empty: all zero

  // The vector of a person whose items were these, oldest first. Ids of item_count and above are ignored. Without
  // items it is the vector of a person nothing is known about. `out` has `dimensions` floats, else INVALID_ARGUMENT.
  virtual absl::Status Encode(absl::Span<const uint32_t> history, absl::Span<float> out) const = 0;

  // A row like those of output_table for an item that was not there at training, from its features (of the ids the
  // training had; others are ignored). FAILED_PRECONDITION when the model has not learnt from features.
  virtual absl::Status EncodeItem(absl::Span<const uint32_t> features, absl::Span<float> out) const = 0;

  virtual std::string Save() const = 0;  // bytes for LoadUserEncoder; see arrays.h
};

// Any encoder that Save wrote. INVALID_ARGUMENT: not a model or another format; DATA_LOSS: cut, changed, or sizes that
// do not fit together.
absl::StatusOr<std::unique_ptr<const UserEncoder>> LoadUserEncoder(absl::string_view bytes);

}  // namespace kontor::nn
