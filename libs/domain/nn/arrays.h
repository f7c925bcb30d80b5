#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace kontor::nn {

// The state of a model or of a training: float arrays and numbers by name. As bytes: magic "KONTORNN", format, kind,
// numbers, arrays (little-endian float32, row-major), SHA-256 over all before. Nothing in them can execute.
struct Array {
  std::vector<uint32_t> shape;
  std::vector<float> values;  // as many as the product of the shape
};

struct Arrays {
  std::string kind;
  std::map<std::string, double> numbers;
  std::map<std::string, Array> arrays;

  // The array when it is there and has this shape, else DATA_LOSS with a sentence.
  absl::StatusOr<const Array*> Find(const std::string& name, const std::vector<uint32_t>& shape) const;
  absl::StatusOr<const Array*> FindOfRank(const std::string& name, size_t rank) const;  // whose sizes are all > 0
  absl::StatusOr<double> Number(const std::string& name) const;
};

inline constexpr uint32_t kArraysFormat = 1;

std::string SaveArrays(const Arrays& arrays);

// INVALID_ARGUMENT: not such bytes or of another format. DATA_LOSS: cut short, changed, or with a number that is not
// finite. Never allocates more than the bytes hold.
absl::StatusOr<Arrays> LoadArrays(absl::string_view bytes);

}  // namespace kontor::nn
