#include "libs/platform/opensearch/error.h"

#include <nlohmann/json.hpp>
#include <string>

#include "absl/strings/str_cat.h"

namespace kontor::opensearch {
namespace {

using Json = nlohmann::json;

constexpr size_t kReasonBytesMax = 500;
constexpr int kCausesMax = 5;

absl::StatusCode CodeOf(long http) {
  switch (http) {
    case 400:
      return absl::StatusCode::kInvalidArgument;
    case 401:
      return absl::StatusCode::kUnauthenticated;
    case 403:
      return absl::StatusCode::kPermissionDenied;
    case 404:
      return absl::StatusCode::kNotFound;
    case 409:
      return absl::StatusCode::kAborted;
    case 429:
    case 502:
    case 503:
    case 504:
      return absl::StatusCode::kUnavailable;
    default:
      return absl::StatusCode::kInternal;
  }
}

const Json* Find(const Json& object, const char* key) {
  if (!object.is_object()) return nullptr;
  const auto found = object.find(key);
  return found == object.end() ? nullptr : &*found;
}

// The reasons of an error and of what caused it, each once.
std::string ReasonsIn(const Json& answer) {
  std::string reasons;
  const Json* error = Find(answer, "error");
  if (error != nullptr && error->is_string()) return error->get<std::string>();
  for (int i = 0; error != nullptr && i < kCausesMax; ++i) {
    const Json* reason = Find(*error, "reason");
    if (reason != nullptr && reason->is_string()) {
      absl::StrAppend(&reasons, reasons.empty() ? "" : ": ", reason->get<std::string>());
    }
    const Json* roots = Find(*error, "root_cause");
    const Json* cause = Find(*error, "caused_by");
    error = cause == nullptr && i == 0 && roots != nullptr && roots->is_array() && roots->size() > 0 &&
                    Find(roots->front(), "reason") != nullptr &&
                    (reason == nullptr || *Find(roots->front(), "reason") != *reason)
                ? &roots->front()
                : cause;
  }
  return reasons;
}

}  // namespace

absl::Status StatusOfAnswer(long http, absl::string_view body) {
  std::string reason = ReasonsIn(Json::parse(body.begin(), body.end(), nullptr, /*allow_exceptions=*/false));
  if (reason.empty()) reason = std::string(body);
  return absl::Status(CodeOf(http), absl::StrCat("OpenSearch answers ", http, ": ", reason.substr(0, kReasonBytesMax)));
}

}  // namespace kontor::opensearch
