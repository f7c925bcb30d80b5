#include "libs/domain/nn/arrays.h"

#include <cmath>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "libs/base/hash.h"
#include "libs/base/status.h"

namespace kontor::nn {
namespace {

constexpr absl::string_view kMagic = "KONTORNN";
constexpr size_t kChecksumBytes = 32;

template <typename T>
void Append(std::string& bytes, T value) {
  bytes.append(reinterpret_cast<const char*>(&value), sizeof(T));
}

void AppendText(std::string& bytes, absl::string_view text) {
  Append(bytes, static_cast<uint32_t>(text.size()));
  bytes.append(text.data(), text.size());
}

// Reads from the front of the bytes; the first error sticks and later reads give zeros.
class Reader {
 public:
  explicit Reader(absl::string_view bytes) : bytes_(bytes) {}

  template <typename T>
  T Value() {
    T value{};
    Copy(&value, 1);
    return value;
  }
  template <typename T>
  void Copy(T* out, size_t count) {
    if (!Have(count, sizeof(T)) || count == 0) return;
    std::memcpy(out, bytes_.data(), count * sizeof(T));
    bytes_.remove_prefix(count * sizeof(T));
  }
  std::string Text() {
    const uint32_t size = Value<uint32_t>();
    std::string text(Have(size, 1) ? size : 0, '\0');
    Copy(text.data(), text.size());
    return text;
  }
  // Whether so many values are left; else an error.
  bool Have(uint64_t count, size_t size) {
    if (!ok_ || count > bytes_.size() / size) ok_ = false;
    return ok_;
  }
  bool ok() const { return ok_; }
  bool at_end() const { return bytes_.empty(); }

 private:
  absl::string_view bytes_;
  bool ok_ = true;
};

absl::Status ReadArray(Reader& reader, Arrays& out) {
  const std::string name = reader.Text();
  Array array;
  array.shape.resize(reader.Value<uint8_t>());
  reader.Copy(array.shape.data(), array.shape.size());
  uint64_t count = 1;
  for (uint32_t size : array.shape) {
    if (size != 0 && count > (uint64_t{1} << 40) / size)
      return absl::DataLossError(absl::StrCat(name, " is too large"));
    count *= size;
  }
  if (!reader.Have(count, sizeof(float))) return absl::DataLossError(absl::StrCat("the bytes end within ", name));
  array.values.resize(count);
  reader.Copy(array.values.data(), count);
  for (float value : array.values) {
    if (!std::isfinite(value)) return absl::DataLossError(absl::StrCat(name, " holds a number that is not finite"));
  }
  out.arrays[name] = std::move(array);
  return absl::OkStatus();
}

std::string ShapeText(const std::vector<uint32_t>& shape) {
  std::string text;
  for (uint32_t size : shape) absl::StrAppend(&text, text.empty() ? "" : " x ", size);
  return text;
}

}  // namespace

absl::StatusOr<const Array*> Arrays::Find(const std::string& name, const std::vector<uint32_t>& shape) const {
  ASSIGN_OR_RETURN(const Array* array, FindOfRank(name, shape.size()));
  if (array->shape == shape) return array;
  return absl::DataLossError(absl::StrCat(name, " is ", ShapeText(array->shape), ", not ", ShapeText(shape)));
}

absl::StatusOr<const Array*> Arrays::FindOfRank(const std::string& name, size_t rank) const {
  const auto found = arrays.find(name);
  if (found == arrays.end()) return absl::DataLossError(absl::StrCat("there is no array ", name));
  if (found->second.shape.size() != rank || found->second.values.empty()) {
    return absl::DataLossError(absl::StrCat(name, " has no values in ", rank, " dimensions"));
  }
  return &found->second;
}

absl::StatusOr<double> Arrays::Number(const std::string& name) const {
  const auto found = numbers.find(name);
  if (found == numbers.end()) return absl::DataLossError(absl::StrCat("there is no number ", name));
  return found->second;
}

std::string SaveArrays(const Arrays& arrays) {
  std::string bytes(kMagic);
  Append(bytes, kArraysFormat);
  AppendText(bytes, arrays.kind);
  Append(bytes, static_cast<uint32_t>(arrays.numbers.size()));
  for (const auto& [name, value] : arrays.numbers) {
    AppendText(bytes, name);
    Append(bytes, value);
  }
  Append(bytes, static_cast<uint32_t>(arrays.arrays.size()));
  for (const auto& [name, array] : arrays.arrays) {
    AppendText(bytes, name);
    Append(bytes, static_cast<uint8_t>(array.shape.size()));
    for (uint32_t size : array.shape) Append(bytes, size);
    bytes.append(reinterpret_cast<const char*>(array.values.data()), array.values.size() * sizeof(float));
  }
  return bytes + base::Sha256(bytes);
}

absl::StatusOr<Arrays> LoadArrays(absl::string_view bytes) {
  if (bytes.substr(0, kMagic.size()) != kMagic) return absl::InvalidArgumentError("these bytes are not a neural model");
  if (bytes.size() < kMagic.size() + sizeof(uint32_t) + kChecksumBytes) return absl::DataLossError("the bytes are cut");
  const absl::string_view body = bytes.substr(0, bytes.size() - kChecksumBytes);
  Reader reader(body.substr(kMagic.size()));
  if (const uint32_t format = reader.Value<uint32_t>(); format != kArraysFormat) {
    return absl::InvalidArgumentError(
        absl::StrCat("neural model format ", format, "; this version reads ", kArraysFormat));
  }
  if (base::Sha256(body) != bytes.substr(body.size()))
    return absl::DataLossError("the checksum differs: cut or changed");
  Arrays out;
  out.kind = reader.Text();
  for (uint32_t left = reader.Value<uint32_t>(); left > 0 && reader.ok(); --left) {
    const std::string name = reader.Text();
    const double value = reader.Value<double>();
    if (!std::isfinite(value)) return absl::DataLossError(absl::StrCat(name, " is not finite"));
    out.numbers[name] = value;
  }
  for (uint32_t left = reader.Value<uint32_t>(); left > 0 && reader.ok(); --left)
    RETURN_IF_ERROR(ReadArray(reader, out));
  if (!reader.ok() || !reader.at_end()) return absl::DataLossError("the bytes end too early or too late");
  return out;
}

}  // namespace kontor::nn
