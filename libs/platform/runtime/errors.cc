#include "libs/platform/runtime/errors.h"

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/cord.h"
#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "grpcpp/support/status.h"
#include "libs/base/resource_name.h"
#include "libs/base/status.h"

namespace kontor::runtime {
namespace {

constexpr char kDomain[] = "kontor";
constexpr char kRetryUrl[] = "kontor/retry_after_ns";
constexpr size_t kMessageBytes = 500;   // percent-encoded to at most 1500
constexpr size_t kDetailsBytes = 4000;  // 5336 in base64

std::string Bounded(absl::string_view text, size_t bytes) {
  std::string valid = base::IsValidUtf8(text) ? std::string(text) : absl::CHexEscape(text);
  if (valid.size() <= bytes) return valid;
  valid.resize(bytes);
  while (!valid.empty() && !base::IsValidUtf8(valid)) valid.pop_back();
  return valid + "…";
}

template <class Detail>
void Pack(const Detail& detail, google::rpc::Status& rpc) {
  rpc.add_details()->PackFrom(detail);
}

void PackErrorInfo(const absl::Status& status, size_t violations, google::rpc::Status& rpc) {
  google::rpc::ErrorInfo info;
  const std::string reason = base::ErrorReason(status);
  info.set_reason(Bounded(reason.empty() ? absl::StatusCodeToString(status.code()) : reason, 100));
  info.set_domain(kDomain);
  if (violations > 0) (*info.mutable_metadata())["violations"] = absl::StrCat(violations);
  Pack(info, rpc);
}

void PackViolations(const std::vector<base::Violation>& violations, google::rpc::Status& rpc) {
  google::rpc::BadRequest bad;
  size_t bytes = 0;
  for (const base::Violation& violation : violations) {
    google::rpc::BadRequest::FieldViolation one;
    one.set_field(Bounded(violation.field, 200));
    one.set_reason(Bounded(violation.reason, 100));
    one.set_description(Bounded(violation.description, 300));
    bytes += one.ByteSizeLong() + 4;
    if (bytes > kDetailsBytes - 1000) break;
    *bad.add_field_violations() = std::move(one);
  }
  Pack(bad, rpc);
}

}  // namespace

absl::Status WithRetryAfter(absl::Status status, absl::Duration delay) {
  if (!status.ok()) status.SetPayload(kRetryUrl, absl::Cord(absl::StrCat(absl::ToInt64Nanoseconds(delay))));
  return status;
}

std::optional<absl::Duration> RetryAfter(const absl::Status& status) {
  const auto payload = status.GetPayload(kRetryUrl);
  int64_t nanoseconds = 0;
  if (!payload || !absl::SimpleAtoi(std::string(*payload), &nanoseconds)) return std::nullopt;
  return absl::Nanoseconds(nanoseconds);
}

grpc::Status ToGrpc(const absl::Status& status) {
  if (status.ok()) return grpc::Status::OK;
  const auto code = static_cast<grpc::StatusCode>(status.raw_code());
  const std::string message = Bounded(status.message(), kMessageBytes);
  const std::vector<base::Violation> violations = base::ErrorViolations(status);
  google::rpc::Status rpc;
  rpc.set_code(code);
  rpc.set_message(message);
  PackErrorInfo(status, violations.size(), rpc);
  if (!violations.empty()) PackViolations(violations, rpc);
  if (const auto delay = RetryAfter(status)) {
    google::rpc::RetryInfo retry;
    retry.mutable_retry_delay()->set_seconds(absl::ToInt64Seconds(*delay));
    retry.mutable_retry_delay()->set_nanos(
        static_cast<int32_t>(absl::ToInt64Nanoseconds(*delay - absl::Seconds(absl::ToInt64Seconds(*delay)))));
    Pack(retry, rpc);
  }
  return grpc::Status(code, message, rpc.SerializeAsString());
}

absl::Status FromGrpc(const grpc::Status& status) {
  if (status.ok()) return absl::OkStatus();
  const auto code = static_cast<absl::StatusCode>(status.error_code());
  google::rpc::Status rpc;
  if (status.error_details().empty() || !rpc.ParseFromString(status.error_details())) {
    return absl::Status(code, status.error_message());
  }
  base::Violations violations;
  google::rpc::ErrorInfo info;
  google::rpc::RetryInfo retry;
  google::rpc::BadRequest bad;
  for (const auto& detail : rpc.details()) {
    detail.UnpackTo(&info);
    detail.UnpackTo(&retry);
    detail.UnpackTo(&bad);
  }
  for (const auto& one : bad.field_violations()) violations.Add(one.field(), one.reason(), one.description());
  absl::Status out = base::Error(code, info.reason(), status.error_message());
  violations.ToStatus().ForEachPayload([&](absl::string_view url, const absl::Cord& payload) {
    if (base::ErrorReason(out).empty() || !out.GetPayload(url)) out.SetPayload(url, payload);
  });
  if (!retry.has_retry_delay()) return out;
  return WithRetryAfter(std::move(out),
                        absl::Seconds(retry.retry_delay().seconds()) + absl::Nanoseconds(retry.retry_delay().nanos()));
}

}  // namespace kontor::runtime
