#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace kontor::nn {

// The tensors of a file in the safetensors format: 8 bytes with the length of a JSON object (little-endian), the object
// {name: {"dtype", "shape", "data_offsets"}}, then the data, row-major. Nothing in such a file can execute.
struct SafeTensor {
  std::string dtype;  // "F32", "I64" …
  std::vector<uint64_t> shape;
  absl::string_view data;  // of the file's bytes; not aligned

  // The values of an F32 tensor of exactly this shape. DATA_LOSS for another type or shape and for numbers that are not
  // finite.
  absl::StatusOr<std::vector<float>> Floats(const std::vector<uint64_t>& expected) const;
};

// The tensors by name; they borrow from `bytes`, which may be a mapped file: only the header is read here.
// DATA_LOSS: cut short, offsets outside of the data or overlapping, sizes that do not fit the shape, a header that is
// not such an object or longer than 100 MB.
absl::StatusOr<std::map<std::string, SafeTensor>> ReadSafeTensors(absl::string_view bytes);

}  // namespace kontor::nn
