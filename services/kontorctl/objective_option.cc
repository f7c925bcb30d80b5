#include "services/kontorctl/objective_option.h"

#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"

namespace kontor::ctl {

absl::StatusOr<kontor::recommendations::v1::Objective> ReadObjective(absl::Span<const std::string> parts) {
  kontor::recommendations::v1::Objective objective;
  for (const std::string& part : parts) {
    const std::pair<std::string, std::string> pair = absl::StrSplit(part, absl::MaxSplits('=', 1));
    const auto* field = objective.GetDescriptor()->FindFieldByName(pair.first);
    double weight = 0;
    if (field == nullptr || !absl::SimpleAtod(pair.second, &weight)) {
      return absl::InvalidArgumentError(
          "--objective takes weights of click, cart, purchase, margin: click=1,margin=0.5");
    }
    objective.GetReflection()->SetDouble(&objective, field, weight);
  }
  return objective;
}

}  // namespace kontor::ctl
