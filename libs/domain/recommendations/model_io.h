#pragma once

#include <memory>
#include <string>

#include "absl/container/flat_hash_set.h"
#include "absl/status/statusor.h"
#include "libs/domain/recommendations/model.h"

namespace kontor::recommendations {

// A model as bytes: magic "KONTORRM", format version, length, the model, SHA-256 over all before. Little-endian.
inline constexpr uint32_t kModelFormat = 4;
inline constexpr uint64_t kMaxModelBytes = uint64_t{4} << 30;

std::string SaveModel(const Model& model);

// Reads what SaveModel wrote and believes nothing: lengths, indices, signs, finite numbers are checked as well as the
// checksum, so that no bytes whatever crash this or a later Recommend. INVALID_ARGUMENT: not a model or another format;
// DATA_LOSS: cut short or changed.
// What the model keeps of `forgotten` persons (UserContext::person) is left out.
absl::StatusOr<std::shared_ptr<const Model>> LoadModel(absl::string_view bytes,
                                                       const absl::flat_hash_set<uint64_t>& forgotten = {});

// SHA-256 of the model's bytes, lower-case hex: its name in a registry.
std::string ModelChecksum(absl::string_view bytes);

}  // namespace kontor::recommendations
