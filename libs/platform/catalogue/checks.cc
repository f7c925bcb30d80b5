#include "libs/platform/catalogue/checks.h"

#include "absl/strings/str_cat.h"
#include "libs/base/resource_name.h"
#include "libs/base/status.h"

namespace kontor::catalogue {

absl::Status InvalidField(absl::string_view field, absl::string_view what) {
  return base::Error(absl::StatusCode::kInvalidArgument, kReasonValueInvalid, absl::StrCat(field, ": ", what));
}

absl::Status CheckRecordId(absl::string_view field, const std::string& id) {
  const absl::Status status = base::CheckId(id);
  return status.ok() ? status : InvalidField(field, status.message());
}

absl::Status CheckRecordText(absl::string_view field, const std::string& text) {
  for (const char c : text) {
    if (c == '\0' || c == '\x1e' || c == '\x1f') return InvalidField(field, "it holds a control character");
  }
  return absl::OkStatus();
}

absl::Status CheckRecordRevision(int64_t revision) {
  return revision < 0 ? InvalidField("revision", "it is negative") : absl::OkStatus();
}

}  // namespace kontor::catalogue
