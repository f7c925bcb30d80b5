#include "libs/platform/opensearch/bulk.h"

#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "libs/base/status.h"
#include "libs/platform/opensearch/error.h"

namespace kontor::opensearch {
namespace {

absl::Status NoAnswer() { return absl::InternalError("OpenSearch: the answer to a bulk request is none"); }

std::string Text(const nlohmann::json& value) {
  return value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace

absl::StatusOr<std::vector<absl::Status>> Bulk(const Client& client, absl::string_view alias, absl::string_view actions,
                                               absl::Time deadline) {
  const std::string path =
      absl::StrCat("/", EscapePath(alias), "/_bulk?require_alias=true&filter_path=items.*.status,items.*.error");
  ASSIGN_OR_RETURN(const std::string body, client.Send("POST", path, actions, deadline));
  const nlohmann::json answer = nlohmann::json::parse(body, nullptr, /*allow_exceptions=*/false);
  if (!answer.is_object() || !answer.contains("items") || !answer["items"].is_array()) {
    return NoAnswer();
  }
  std::vector<absl::Status> statuses;
  for (const nlohmann::json& item : answer["items"]) {
    if (!item.is_object() || item.size() != 1) return NoAnswer();
    const nlohmann::json& outcome = item.front();
    if (!outcome.is_object()) return NoAnswer();
    const auto status = outcome.find("status");
    if (status == outcome.end() || !status->is_number_integer()) return NoAnswer();
    const long http = status->get<long>();
    statuses.push_back(http >= 200 && http < 300 ? absl::OkStatus() : StatusOfAnswer(http, Text(outcome)));
  }
  return statuses;
}

}  // namespace kontor::opensearch
