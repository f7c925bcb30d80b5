#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/descriptor.h"

namespace kontor::ctl {

// An enum's value by its name without the prefix, in any case; INVALID_ARGUMENT names the choices.
template <typename Enum>
absl::StatusOr<Enum> EnumValue(const google::protobuf::EnumDescriptor* descriptor, absl::string_view prefix,
                               absl::string_view text) {
  const std::string name = absl::StrCat(prefix, absl::AsciiStrToUpper(text));
  if (const auto* value = descriptor->FindValueByName(name)) return static_cast<Enum>(value->number());
  std::string choices;
  for (int i = 1; i < descriptor->value_count(); ++i) {
    absl::StrAppend(&choices, i > 1 ? ", " : "",
                    absl::AsciiStrToLower(descriptor->value(i)->name().substr(prefix.size())));
  }
  return absl::InvalidArgumentError(absl::StrCat("\"", text, "\" is none of ", choices));
}

}  // namespace kontor::ctl
