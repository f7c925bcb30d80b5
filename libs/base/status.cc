#include "libs/base/status.h"

#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace kontor::base {
namespace {

constexpr char kReasonUrl[] = "kontor/reason";
constexpr char kViolationsUrl[] = "kontor/violations";
// Separators that sanitised text never holds.
constexpr char kRecord = '\x1e';
constexpr char kUnit = '\x1f';

std::string WithoutSeparators(absl::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c == kRecord || c == kUnit) c = ' ';
  }
  return out;
}

}  // namespace

absl::Status Error(absl::StatusCode code, absl::string_view reason, absl::string_view message) {
  absl::Status status(code, message);
  status.SetPayload(kReasonUrl, absl::Cord(reason));
  return status;
}

void Violations::Add(absl::string_view field, absl::string_view reason, absl::string_view description) {
  list_.push_back({WithoutSeparators(field), WithoutSeparators(description), WithoutSeparators(reason)});
}

absl::Status Violations::ToStatus() const {
  if (list_.empty()) return absl::OkStatus();
  const Violation& first = list_.front();
  std::string message = absl::StrCat(first.field, ": ", first.description);
  if (list_.size() > 1) absl::StrAppend(&message, " (and ", list_.size() - 1, " more, see the field violations)");
  absl::Status status = Error(absl::StatusCode::kInvalidArgument, first.reason, message);
  std::string packed;
  for (const Violation& v : list_) {
    absl::StrAppend(&packed, v.field, std::string(1, kUnit), v.description, std::string(1, kUnit), v.reason,
                    std::string(1, kRecord));
  }
  status.SetPayload(kViolationsUrl, absl::Cord(packed));
  return status;
}

std::string ErrorReason(const absl::Status& status) {
  auto payload = status.GetPayload(kReasonUrl);
  return payload ? std::string(*payload) : "";
}

std::vector<Violation> ErrorViolations(const absl::Status& status) {
  std::vector<Violation> out;
  auto payload = status.GetPayload(kViolationsUrl);
  if (!payload) return out;
  const std::string packed(*payload);
  for (absl::string_view record : absl::StrSplit(packed, kRecord, absl::SkipEmpty())) {
    std::vector<std::string> parts = absl::StrSplit(record, kUnit);
    if (parts.size() == 3) out.push_back({parts[0], parts[1], parts[2]});
  }
  return out;
}

absl::Status Annotate(const absl::Status& status, absl::string_view context) {
  if (status.ok()) return status;
  absl::Status out(status.code(), absl::StrCat(context, ": ", status.message()));
  status.ForEachPayload([&](absl::string_view url, const absl::Cord& payload) { out.SetPayload(url, payload); });
  return out;
}

}  // namespace kontor::base
