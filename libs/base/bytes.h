#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>
#include <string>
#include <type_traits>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace kontor::base {

// Files of ours: little-endian values and arrays with their length in front. Not thread-safe.
class ByteWriter {
 public:
  template <typename T>
  void Value(T value) {
    static_assert(std::is_arithmetic_v<T>);
    bytes_.append(reinterpret_cast<const char*>(&value), sizeof(T));
  }
  template <typename T>
  void Array(const std::vector<T>& values) {
    static_assert(std::is_arithmetic_v<T>);
    Value<uint64_t>(values.size());
    bytes_.append(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T));
  }
  void String(absl::string_view text) {
    Value<uint64_t>(text.size());
    bytes_.append(text.data(), text.size());
  }
  std::string Take() && { return std::move(bytes_); }
  const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_;
};

// Reads what ByteWriter wrote. The first error sticks: later reads give zeros and empty arrays, so that a caller checks
// once, at the end. Never reads beyond the bytes, never allocates more than they hold.
class ByteReader {
 public:
  explicit ByteReader(absl::string_view bytes) : bytes_(bytes) {}

  template <typename T>
  T Value() {
    static_assert(std::is_arithmetic_v<T>);
    T value{};
    if (!Have(sizeof(T))) return value;
    std::memcpy(&value, bytes_.data(), sizeof(T));
    bytes_.remove_prefix(sizeof(T));
    if constexpr (std::is_floating_point_v<T>) Require(std::isfinite(value), "a number is not finite");
    return value;
  }
  template <typename T>
  std::vector<T> Array() {
    const uint64_t size = Value<uint64_t>();
    if (size > bytes_.size() / sizeof(T)) {
      Require(false, "an array is longer than the file");
      return {};
    }
    std::vector<T> values(size);
    if (size > 0) std::memcpy(values.data(), bytes_.data(), size * sizeof(T));
    bytes_.remove_prefix(size * sizeof(T));
    if constexpr (std::is_floating_point_v<T>) {
      for (T value : values) Require(std::isfinite(value), "a number is not finite");
    }
    return values;
  }
  std::string String() {
    const std::vector<char> text = Array<char>();
    return std::string(text.begin(), text.end());
  }

  void Require(bool condition, absl::string_view otherwise) {
    if (condition || !status_.ok()) return;
    status_ = absl::DataLossError(otherwise);
    bytes_ = {};
  }
  // Offsets of a compressed sparse row table: one more than rows, from 0 to entries, never falling.
  void RequireOffsets(absl::Span<const uint64_t> offsets, uint64_t rows, uint64_t entries);
  void RequireBelow(absl::Span<const uint32_t> values, uint64_t limit);
  // Within 0 and kMaxWeight, so that sums and products stay finite.
  static constexpr float kMaxWeight = 1e6F;
  void RequireWeights(absl::Span<const float> values);

  bool AtEnd() const { return bytes_.empty(); }
  const absl::Status& status() const { return status_; }

 private:
  bool Have(size_t size) {
    Require(size <= bytes_.size(), "the file ends too early");
    return status_.ok();
  }

  absl::string_view bytes_;
  absl::Status status_;
};

inline void ByteReader::RequireOffsets(absl::Span<const uint64_t> offsets, uint64_t rows, uint64_t entries) {
  Require(offsets.size() == rows + 1 && offsets.front() == 0 && offsets.back() == entries, "a table has wrong offsets");
  for (size_t i = 1; i < offsets.size(); ++i) Require(offsets[i - 1] <= offsets[i], "a table has falling offsets");
}

inline void ByteReader::RequireBelow(absl::Span<const uint32_t> values, uint64_t limit) {
  for (uint32_t value : values) Require(value < limit, "an index is out of range");
}

inline void ByteReader::RequireWeights(absl::Span<const float> values) {
  for (float value : values) Require(value >= 0 && value <= kMaxWeight, "a weight is out of range");
}

}  // namespace kontor::base
