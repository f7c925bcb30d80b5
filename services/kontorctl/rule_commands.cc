#include <google/protobuf/util/json_util.h>

#include <cstdio>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "kontor/recommendations/v1/rule_service.grpc.pb.h"
#include "libs/base/money.h"
#include "libs/base/status.h"
#include "services/kontorctl/call.h"
#include "services/kontorctl/commands.h"
#include "services/kontorctl/display.h"
#include "services/kontorctl/json_file.h"
#include "services/kontorctl/session_options.h"
#include "services/kontorctl/text_table.h"

namespace kontor::ctl {
namespace {

namespace v1 = kontor::recommendations::v1;
using Service = v1::RuleService;
using Words = absl::Span<const std::string>;

constexpr absl::Duration kTimeout = absl::Seconds(30);

std::string NameOf(const Session& session, const std::string& id) {
  return absl::StrCat(session.shop(), "/rules/", id);
}

// What a rule does, as its JSON without what the table says elsewhere.
std::string ActionOf(const v1::Rule& rule) {
  v1::Rule action = rule;
  for (const char* field : {"name", "display_name", "priority", "etag", "create_time", "update_time", "disabled"}) {
    action.GetReflection()->ClearField(&action, v1::Rule::descriptor()->FindFieldByName(field));
  }
  std::string json;
  return google::protobuf::util::MessageToJsonString(action, &json).ok() ? json : "";
}

absl::Status List(const Session& session) {
  TextTable table({"rule", "priority", "", "does"});
  v1::ListRulesRequest request;
  request.set_parent(session.shop());
  do {
    ASSIGN_OR_RETURN(const v1::ListRulesResponse page,
                     Call<Service>(session, kTimeout, &Service::Stub::ListRules, request));
    for (const v1::Rule& rule : page.rules()) {
      table.Add({rule.name().substr(rule.name().rfind('/') + 1), absl::StrCat(rule.priority()),
                 rule.disabled() ? "off" : "", ActionOf(rule)});
    }
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  std::printf("%s", table.Text(2, 100).c_str());
  return absl::OkStatus();
}

absl::Status Create(const Session& session, const std::string& id, const std::string& path) {
  v1::CreateRuleRequest request;
  request.set_parent(session.shop());
  request.set_rule_id(id);
  ASSIGN_OR_RETURN(*request.mutable_rule(), ReadJson<v1::Rule>(path));
  ASSIGN_OR_RETURN(const v1::Rule rule, Call<Service>(session, kTimeout, &Service::Stub::CreateRule, request));
  std::printf("  %s is in force%s\n", rule.name().c_str(), rule.disabled() ? " once it is no longer disabled" : "");
  return absl::OkStatus();
}

absl::Status Delete(const Session& session, const std::string& id) {
  v1::DeleteRuleRequest request;
  request.set_name(NameOf(session, id));
  RETURN_IF_ERROR(Call<Service>(session, kTimeout, &Service::Stub::DeleteRule, request).status());
  std::printf("  %s is gone\n", request.name().c_str());
  return absl::OkStatus();
}

std::vector<std::string> Row(const char* when, const v1::PreviewSide& side) {
  std::vector<std::string> prices;
  for (const auto& price : side.average_prices()) {
    const absl::int128 nanos = absl::int128(price.units()) * base::Decimal::kOne + price.nanos();
    prices.push_back(absl::StrCat(base::FormatRounded(nanos, 2), " ", price.currency_code()));
  }
  return {when, Grouped(side.places()), Grouped(side.products()),
          side.has_average_margin() ? absl::StrFormat("%.1f%%", 100 * side.average_margin()) : "–",
          prices.empty() ? "–" : absl::StrJoin(prices, ", ")};
}

absl::Status Preview(const Session& session, const std::string& what) {
  v1::PreviewRulesRequest request;
  request.set_parent(session.shop());
  if (absl::EndsWith(what, ".json")) {
    ASSIGN_OR_RETURN(*request.add_rules(), ReadJson<v1::Rule>(what));
  } else {
    request.add_enabled_rules(NameOf(session, what));
  }
  ASSIGN_OR_RETURN(const v1::PreviewRulesResponse response,
                   Call<Service>(session, kTimeout, &Service::Stub::PreviewRules, request));
  std::printf("  %d of %d answers would change\n\n", response.changed(), response.requests());
  TextTable sides({"", "places", "products", "margin", "price"});
  sides.Add(Row("before", response.before()));
  sides.Add(Row("after", response.after()));
  TextTable examples({"before", "after"});
  for (const auto& example : response.examples()) {
    examples.Add({absl::StrJoin(example.before_product_ids(), " "), absl::StrJoin(example.after_product_ids(), " ")});
  }
  std::printf("%s\n%s", sides.Text().c_str(), examples.Text(2, 70).c_str());
  return absl::OkStatus();
}

}  // namespace

absl::Status RunRules(Words words) {
  ASSIGN_OR_RETURN(const Arguments arguments, ParseWith(words, {}, {}));
  ASSIGN_OR_RETURN(const Session session, Session::Open(arguments));
  const std::vector<std::string>& said = arguments.words();
  if (said.empty()) return List(session);
  if (said[0] == "create" && said.size() == 3) return Create(session, said[1], said[2]);
  if (said[0] == "delete" && said.size() == 2) return Delete(session, said[1]);
  if (said[0] == "preview" && said.size() == 2) return Preview(session, said[1]);
  return absl::InvalidArgumentError(
      "kontorctl rules takes nothing, create ID FILE.json, delete ID, preview FILE.json or preview ID");
}

}  // namespace kontor::ctl
