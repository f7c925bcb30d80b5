#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "libs/domain/forecasting/forecast.h"

namespace kontor::forecasting {

struct NamedMethod {
  Method method;
  std::string about;  // one line
};

// Every method that fits one series by itself, by family, the simplest first.
const std::vector<NamedMethod>& AllMethods();

// NOT_FOUND with the names there are.
absl::StatusOr<Method> MethodByName(absl::string_view name);

}  // namespace kontor::forecasting
