#include "libs/domain/nn/training.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace kontor::nn {
namespace {

absl::Status CheckTable(absl::string_view what, absl::Span<const uint64_t> offsets, absl::Span<const uint32_t> values,
                        uint32_t limit) {
  if (offsets.empty() || offsets.front() != 0 || offsets.back() != values.size() ||
      !std::is_sorted(offsets.begin(), offsets.end())) {
    return absl::InvalidArgumentError(absl::StrCat(what, ": the offsets do not run from 0 to ", values.size()));
  }
  for (uint32_t value : values) {
    if (value >= limit) {
      return absl::InvalidArgumentError(absl::StrCat(what, ": ", value, " is not below the count of ", limit));
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status Check(const Sequences& sequences) {
  return CheckTable("sequences", sequences.offsets, sequences.items, sequences.item_count);
}

absl::Status Check(const HoldOut& hold_out, uint32_t item_count) {
  if (hold_out.histories.item_count != item_count) {
    return absl::InvalidArgumentError("validation and training have different counts of items");
  }
  if (absl::Status status = Check(hold_out.histories); !status.ok()) return status;
  if (hold_out.targets.size() != hold_out.histories.users() || hold_out.targets.empty()) {
    return absl::InvalidArgumentError("validation needs users, and one target for each");
  }
  for (uint32_t target : hold_out.targets) {
    if (target >= item_count) return absl::InvalidArgumentError(absl::StrCat("validation: no item ", target));
  }
  return absl::OkStatus();
}

absl::Status Check(const ItemFeatures& features, uint32_t item_count) {
  if (features.offsets.size() != size_t{item_count} + 1) {
    return absl::InvalidArgumentError("item features need one row for every item");
  }
  return CheckTable("item features", features.offsets, features.features, features.feature_count);
}

}  // namespace kontor::nn
