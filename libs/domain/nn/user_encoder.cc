#include "libs/domain/nn/user_encoder.h"

#include "absl/strings/str_cat.h"
#include "libs/base/status.h"
#include "libs/domain/nn/mult_vae_encoder.h"
#include "libs/domain/nn/sequence_encoder.h"
#include "libs/domain/nn/two_tower_encoder.h"

namespace kontor::nn {

absl::StatusOr<std::unique_ptr<const UserEncoder>> LoadUserEncoder(absl::string_view bytes) {
  ASSIGN_OR_RETURN(Arrays arrays, LoadArrays(bytes));
  if (arrays.kind == kSequenceKind) return SequenceEncoder::Make(std::move(arrays));
  if (arrays.kind == kTwoTowerKind) return TwoTowerEncoder::Make(std::move(arrays));
  if (arrays.kind == kMultVaeKind) return MultVaeEncoder::Make(std::move(arrays));
  return absl::InvalidArgumentError(absl::StrCat("\"", arrays.kind, "\" is not an encoder of users"));
}

}  // namespace kontor::nn
