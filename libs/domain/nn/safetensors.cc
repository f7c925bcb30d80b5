#include "libs/domain/nn/safetensors.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "libs/base/status.h"

namespace kontor::nn {
namespace {

constexpr uint64_t kMaxHeader = 100'000'000;
constexpr size_t kMaxRank = 8;

// As much of JSON as the header has: objects of objects, strings without escapes, whole numbers. The first error
// sticks.
class HeaderReader {
 public:
  explicit HeaderReader(absl::string_view text) : rest_(text) {}

  bool Take(char wanted) {
    SkipSpace();
    if (!ok_ || rest_.empty() || rest_.front() != wanted) return false;
    rest_.remove_prefix(1);
    return true;
  }
  void Expect(char wanted) { ok_ = Take(wanted) && ok_; }

  std::string String() {
    Expect('"');
    const size_t end = ok_ ? rest_.find('"') : absl::string_view::npos;
    if (end == absl::string_view::npos || rest_.substr(0, end).find('\\') != absl::string_view::npos) {
      ok_ = false;
      return "";
    }
    std::string out(rest_.substr(0, end));
    rest_.remove_prefix(end + 1);
    return out;
  }

  std::vector<uint64_t> Numbers() {
    std::vector<uint64_t> out;
    Expect('[');
    if (Take(']')) return out;
    do {
      SkipSpace();
      const size_t size = std::min(rest_.find_first_not_of("0123456789"), rest_.size());
      uint64_t number = 0;
      ok_ = ok_ && out.size() < kMaxRank && absl::SimpleAtoi(rest_.substr(0, size), &number);
      rest_.remove_prefix(size);
      out.push_back(number);
    } while (ok_ && Take(','));
    Expect(']');
    return out;
  }

  // Calls each(name) for the members of an object; it has to read the value.
  template <typename Each>
  void Object(Each each) {
    Expect('{');
    if (Take('}')) return;
    do {
      const std::string name = String();
      Expect(':');
      if (ok_) each(name);
    } while (ok_ && Take(','));
    Expect('}');
  }

  bool ok() const { return ok_; }
  void Fail() { ok_ = false; }
  bool AtEnd() {
    SkipSpace();
    return rest_.empty();
  }

 private:
  void SkipSpace() { rest_ = absl::StripLeadingAsciiWhitespace(rest_); }

  absl::string_view rest_;
  bool ok_ = true;
};

uint64_t BytesOf(absl::string_view dtype) {
  const std::pair<absl::string_view, uint64_t> sizes[] = {{"F64", 8}, {"F32", 4}, {"F16", 2}, {"BF16", 2}, {"I64", 8},
                                                          {"I32", 4}, {"I16", 2}, {"I8", 1},  {"U8", 1},   {"BOOL", 1}};
  for (const auto& [name, size] : sizes) {
    if (name == dtype) return size;
  }
  return 0;
}

// The bytes that a shape takes; the largest number when that overflows.
uint64_t SizeOf(const SafeTensor& tensor) {
  uint64_t size = BytesOf(tensor.dtype);
  for (const uint64_t n : tensor.shape) {
    if (__builtin_mul_overflow(size, n, &size)) return std::numeric_limits<uint64_t>::max();
  }
  return size;
}

struct Placed {
  SafeTensor tensor;
  uint64_t begin = 0, end = 0;
};

Placed ReadTensor(HeaderReader& reader) {
  Placed out;
  reader.Object([&](const std::string& name) {
    if (name == "dtype") {
      out.tensor.dtype = reader.String();
    } else if (name == "shape") {
      out.tensor.shape = reader.Numbers();
    } else if (name == "data_offsets") {
      const std::vector<uint64_t> offsets = reader.Numbers();
      if (offsets.size() != 2) return reader.Fail();
      out.begin = offsets[0];
      out.end = offsets[1];
    } else {
      reader.Fail();
    }
  });
  return out;
}

// Data of one tensor behind that of the other, without holes, as the format demands.
absl::Status CheckPlaces(const std::map<std::string, Placed>& tensors, uint64_t size) {
  std::vector<std::pair<uint64_t, uint64_t>> places;
  for (const auto& [name, placed] : tensors) {
    if (placed.begin > placed.end || placed.end > size || placed.end - placed.begin != SizeOf(placed.tensor)) {
      return absl::DataLossError(
          absl::StrCat("the data of ", name, " do not fit its type and shape, or the file is cut"));
    }
    places.emplace_back(placed.begin, placed.end);
  }
  std::sort(places.begin(), places.end());
  uint64_t end = 0;
  for (const auto& [begin, next] : places) {
    if (begin != end) return absl::DataLossError("the tensors overlap or leave holes");
    end = next;
  }
  return end == size ? absl::OkStatus() : absl::DataLossError("there are bytes behind the last tensor");
}

}  // namespace

absl::StatusOr<std::vector<float>> SafeTensor::Floats(const std::vector<uint64_t>& expected) const {
  if (dtype != "F32" || shape != expected) return absl::DataLossError("a tensor has another type or shape");
  std::vector<float> out(data.size() / sizeof(float));
  if (!out.empty()) std::memcpy(out.data(), data.data(), out.size() * sizeof(float));
  for (const float value : out) {
    if (!std::isfinite(value)) return absl::DataLossError("a tensor holds numbers that are not finite");
  }
  return out;
}

absl::StatusOr<std::map<std::string, SafeTensor>> ReadSafeTensors(absl::string_view bytes) {
  uint64_t length = 0;
  if (bytes.size() < sizeof(length)) return absl::DataLossError("the file is shorter than its first number");
  std::memcpy(&length, bytes.data(), sizeof(length));
  bytes.remove_prefix(sizeof(length));
  if (length > kMaxHeader || length > bytes.size()) return absl::DataLossError("the header is longer than the file");
  HeaderReader reader(bytes.substr(0, length));
  const absl::string_view data = bytes.substr(length);
  std::map<std::string, Placed> placed;
  reader.Object([&](const std::string& name) {
    if (name == "__metadata__") {
      reader.Object([&](const std::string&) { reader.String(); });
    } else if (!placed.emplace(name, ReadTensor(reader)).second) {
      reader.Fail();
    }
  });
  if (!reader.ok() || !reader.AtEnd()) return absl::DataLossError("the header is not an object of tensors");
  RETURN_IF_ERROR(CheckPlaces(placed, data.size()));
  std::map<std::string, SafeTensor> out;
  for (auto& [name, one] : placed) {
    one.tensor.data = data.substr(one.begin, one.end - one.begin);
    out.emplace(name, std::move(one.tensor));
  }
  return out;
}

}  // namespace kontor::nn
