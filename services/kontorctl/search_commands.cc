#include <google/protobuf/util/json_util.h>

#include <cstdio>
#include <string>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "kontor/search/v1/curation_service.grpc.pb.h"
#include "kontor/search/v1/search_service.grpc.pb.h"
#include "libs/base/money.h"
#include "libs/base/status.h"
#include "services/kontorctl/call.h"
#include "services/kontorctl/commands.h"
#include "services/kontorctl/enum_value.h"
#include "services/kontorctl/json_file.h"
#include "services/kontorctl/search_display.h"
#include "services/kontorctl/session_options.h"
#include "services/kontorctl/text_table.h"

namespace kontor::ctl {
namespace {

namespace v1 = kontor::search::v1;
using Service = v1::SearchService;
using Words = absl::Span<const std::string>;

constexpr absl::Duration kTimeout = absl::Seconds(10);

absl::Status ReadDecimal(absl::string_view text, kontor::type::v1::Decimal& out) {
  ASSIGN_OR_RETURN(const base::Decimal value, base::Decimal::Parse(text));
  out.set_units(value.units());
  out.set_nanos(value.fraction());
  return absl::OkStatus();
}

// "brand=Bosch|Makita", "price=10..50", "attributes.colour=red"; "!" in front excludes.
absl::Status ReadFilter(absl::string_view text, v1::Filter& out) {
  if (absl::ConsumePrefix(&text, "!")) out.set_exclude(true);
  const std::pair<absl::string_view, absl::string_view> sides = absl::StrSplit(text, absl::MaxSplits('=', 1));
  out.set_field(std::string(sides.first));
  const size_t dots = sides.second.find("..");
  if (dots == absl::string_view::npos) {
    for (const absl::string_view value : absl::StrSplit(sides.second, '|')) out.add_values(std::string(value));
    return absl::OkStatus();
  }
  const absl::string_view low = sides.second.substr(0, dots), high = sides.second.substr(dots + 2);
  if (!low.empty()) RETURN_IF_ERROR(ReadDecimal(low, *out.mutable_min()));
  if (!high.empty()) RETURN_IF_ERROR(ReadDecimal(high, *out.mutable_max()));
  return absl::OkStatus();
}

absl::StatusOr<v1::SearchRequest> RequestOf(const Session& session, const Arguments& arguments) {
  v1::SearchRequest request;
  request.set_parent(session.shop());
  request.set_query(absl::StrJoin(arguments.words(), " "));
  for (const std::string& filter : arguments.List("filter"))
    RETURN_IF_ERROR(ReadFilter(filter, *request.add_filters()));
  for (const std::string& field : arguments.List("facet")) {
    request.add_facets()->set_field(field);
  }
  ASSIGN_OR_RETURN(const int64_t automatic, arguments.Int("facets", 0));
  request.set_automatic_facets(static_cast<int>(automatic));
  if (arguments.Has("sort")) {
    ASSIGN_OR_RETURN(const auto by, EnumValue<v1::Sort::By>(v1::Sort::By_descriptor(), "BY_", arguments.Get("sort")));
    request.mutable_sort()->set_by(by);
    request.mutable_sort()->set_descending(arguments.Has("descending"));
  }
  if (arguments.Has("effort")) {
    ASSIGN_OR_RETURN(const auto effort,
                     EnumValue<v1::Effort>(v1::Effort_descriptor(), "EFFORT_", arguments.Get("effort")));
    request.set_effort(effort);
  }
  ASSIGN_OR_RETURN(const int64_t limit, arguments.Int("limit", 10));
  request.set_page_size(static_cast<int>(limit));
  request.set_verbatim(arguments.Has("verbatim"));
  request.set_group_variants(arguments.Has("group"));
  request.set_include_trace(true);
  request.set_no_rescue(arguments.Has("no-rescue"));
  ASSIGN_OR_RETURN(const int64_t substitutes, arguments.Int("substitutes", 0));
  request.set_max_substitutes(static_cast<int>(substitutes));
  if (arguments.Has("max-relevance-loss")) {
    double loss = 0;
    if (!absl::SimpleAtod(arguments.Get("max-relevance-loss"), &loss)) {
      return absl::InvalidArgumentError("--max-relevance-loss takes a share like 0.05");
    }
    request.set_max_relevance_loss(loss);
  }
  return request;
}

absl::StatusOr<Arguments> ParseSearch(Words words) {
  return ParseWith(
      words, {"filter", "facet", "facets", "sort", "effort", "limit", "product", "substitutes", "max-relevance-loss"},
      {"verbatim", "group", "descending", "no-rescue"});
}

using Curation = v1::CurationService;

absl::Status ListCuration(const Session& session) {
  TextTable table({"kind", "id", "", "does"});
  const auto add = [&](const char* kind, const auto& message) {
    std::string json;
    auto copy = message;
    for (const char* field : {"name", "etag", "create_time", "update_time", "disabled"}) {
      copy.GetReflection()->ClearField(&copy, copy.GetDescriptor()->FindFieldByName(field));
    }
    if (!google::protobuf::util::MessageToJsonString(copy, &json).ok()) json.clear();
    table.Add({kind, message.name().substr(message.name().rfind('/') + 1), message.disabled() ? "off" : "", json});
  };
  v1::ListRulesRequest rules;
  rules.set_parent(session.shop());
  rules.set_page_size(1'000);
  ASSIGN_OR_RETURN(const v1::ListRulesResponse listed,
                   Call<Curation>(session, kTimeout, &Curation::Stub::ListRules, rules));
  for (const v1::Rule& rule : listed.rules()) add("rule", rule);
  v1::ListSynonymSetsRequest sets;
  sets.set_parent(session.shop());
  sets.set_page_size(1'000);
  ASSIGN_OR_RETURN(const v1::ListSynonymSetsResponse synonyms,
                   Call<Curation>(session, kTimeout, &Curation::Stub::ListSynonymSets, sets));
  for (const v1::SynonymSet& set : synonyms.synonym_sets()) add("synonyms", set);
  std::printf("%s", table.Text(2, 100).c_str());
  return absl::OkStatus();
}

absl::Status CreateCuration(const Session& session, const std::string& kind, const std::string& id,
                            const std::string& path) {
  if (kind == "rule") {
    v1::CreateRuleRequest request;
    request.set_parent(session.shop());
    request.set_rule_id(id);
    ASSIGN_OR_RETURN(*request.mutable_rule(), ReadJson<v1::Rule>(path));
    return Call<Curation>(session, kTimeout, &Curation::Stub::CreateRule, request).status();
  }
  v1::CreateSynonymSetRequest request;
  request.set_parent(session.shop());
  request.set_synonym_set_id(id);
  ASSIGN_OR_RETURN(*request.mutable_synonym_set(), ReadJson<v1::SynonymSet>(path));
  return Call<Curation>(session, kTimeout, &Curation::Stub::CreateSynonymSet, request).status();
}

absl::Status DeleteCuration(const Session& session, const std::string& kind, const std::string& id) {
  if (kind == "rule") {
    v1::DeleteRuleRequest request;
    request.set_name(absl::StrCat(session.shop(), "/rules/", id));
    return Call<Curation>(session, kTimeout, &Curation::Stub::DeleteRule, request).status();
  }
  v1::DeleteSynonymSetRequest request;
  request.set_name(absl::StrCat(session.shop(), "/synonymSets/", id));
  return Call<Curation>(session, kTimeout, &Curation::Stub::DeleteSynonymSet, request).status();
}

}  // namespace

absl::Status RunSearch(Words words) {
  ASSIGN_OR_RETURN(const Arguments arguments, ParseSearch(words));
  ASSIGN_OR_RETURN(const Session session, Session::Open(arguments));
  ASSIGN_OR_RETURN(const v1::SearchRequest request, RequestOf(session, arguments));
  ASSIGN_OR_RETURN(const v1::SearchResponse response,
                   Call<Service>(session, kTimeout, &Service::Stub::Search, request));
  std::printf("%s", Show(response).c_str());
  return absl::OkStatus();
}

absl::Status RunExplainSearch(Words words) {
  ASSIGN_OR_RETURN(const Arguments arguments, ParseSearch(words));
  ASSIGN_OR_RETURN(const Session session, Session::Open(arguments));
  v1::ExplainRequest request;
  request.set_parent(session.shop());
  ASSIGN_OR_RETURN(*request.mutable_search(), RequestOf(session, arguments));
  for (const std::string& product : arguments.List("product")) request.add_product_ids(product);
  ASSIGN_OR_RETURN(const v1::ExplainResponse response,
                   Call<Service>(session, kTimeout, &Service::Stub::Explain, request));
  std::printf("%s", Show(response).c_str());
  return absl::OkStatus();
}

absl::Status RunSuggest(Words words) {
  ASSIGN_OR_RETURN(const Arguments arguments, ParseWith(words, {"limit"}, {}));
  ASSIGN_OR_RETURN(const Session session, Session::Open(arguments));
  v1::SuggestRequest request;
  request.set_parent(session.shop());
  request.set_text(absl::StrJoin(arguments.words(), " "));
  ASSIGN_OR_RETURN(const int64_t limit, arguments.Int("limit", 10));
  request.set_max_suggestions(static_cast<int>(limit));
  ASSIGN_OR_RETURN(const v1::SuggestResponse response,
                   Call<Service>(session, kTimeout, &Service::Stub::Suggest, request));
  std::printf("%s", Show(response).c_str());
  return absl::OkStatus();
}

absl::Status RunCuration(Words words) {
  ASSIGN_OR_RETURN(const Arguments arguments, ParseWith(words, {}, {}));
  ASSIGN_OR_RETURN(const Session session, Session::Open(arguments));
  const std::vector<std::string>& given = arguments.words();
  if (given.empty()) return ListCuration(session);
  const bool kind = given.size() > 1 && (given[1] == "rule" || given[1] == "synonyms");
  if (kind && given[0] == "create" && given.size() == 4) return CreateCuration(session, given[1], given[2], given[3]);
  if (kind && given[0] == "delete" && given.size() == 3) return DeleteCuration(session, given[1], given[2]);
  return absl::InvalidArgumentError(
      "use: kontorctl curation [create rule|synonyms ID FILE.json | delete rule|synonyms ID]");
}

}  // namespace kontor::ctl
