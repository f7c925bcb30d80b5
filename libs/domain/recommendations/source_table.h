#pragma once

#include <cstdint>
#include <memory>

#include "absl/strings/string_view.h"
#include "libs/domain/recommendations/source.h"

namespace kontor::recommendations {

// Every kind of source but popularity, by the name that a model's file knows it by. Null, with `in` saying why, when
// the name is unknown or the bytes are in disorder.
std::unique_ptr<const CandidateSource> LoadSource(absl::string_view name, base::ByteReader& in, uint32_t item_count);

}  // namespace kontor::recommendations
