#include <cstdio>
#include <string>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "kontor/recommendations/v1/recommendation_service.grpc.pb.h"
#include "libs/base/money.h"
#include "libs/base/status.h"
#include "services/kontorctl/call.h"
#include "services/kontorctl/commands.h"
#include "services/kontorctl/display.h"
#include "services/kontorctl/enum_value.h"
#include "services/kontorctl/objective_option.h"
#include "services/kontorctl/session_options.h"
#include "services/kontorctl/text_table.h"

namespace kontor::ctl {
namespace {

namespace v1 = kontor::recommendations::v1;
using Service = v1::RecommendationService;

constexpr absl::Duration kTimeout = absl::Seconds(10);

absl::StatusOr<Arguments> ParseRequest(absl::Span<const std::string> words) {
  return ParseWith(words,
                   {"customer", "visitor", "basket", "session", "placement", "placements", "country", "store", "bought",
                    "category", "exclude", "limit", "max-price", "diversity", "strategy", "objective"},
                   {});
}

absl::StatusOr<v1::Placement> ReadPlacement(absl::string_view text) {
  return EnumValue<v1::Placement>(v1::Placement_descriptor(), "PLACEMENT_", text);
}

// "9.50GBP"
absl::Status ReadMoney(absl::string_view text, google::type::Money& out) {
  constexpr size_t kCode = 3;
  const size_t digits = text.size() < kCode ? 0 : text.size() - kCode;
  const absl::StatusOr<base::Decimal> amount = base::Decimal::Parse(text.substr(0, digits));
  if (!amount.ok()) return absl::InvalidArgumentError("--max-price takes an amount and a currency, like 9.50GBP");
  out.set_currency_code(std::string(text.substr(digits)));
  out.set_units(amount->units());
  out.set_nanos(amount->fraction());
  return absl::OkStatus();
}

absl::StatusOr<v1::RecommendRequest> RequestOf(const Arguments& arguments) {
  v1::RecommendRequest request;
  request.set_customer_id(arguments.Get("customer"));
  request.set_visitor_id(arguments.Get("visitor"));
  request.set_country(arguments.Get("country"));
  request.set_store_id(arguments.Get("store"));
  for (const std::string& product : arguments.List("basket")) request.add_basket_product_ids(product);
  for (const std::string& product : arguments.List("session")) request.add_session_product_ids(product);
  for (const std::string& product : arguments.List("exclude")) request.add_excluded_product_ids(product);
  for (const std::string& category : arguments.List("category")) request.add_categories(category);
  if (arguments.Has("placement")) {
    ASSIGN_OR_RETURN(const v1::Placement placement, ReadPlacement(arguments.Get("placement")));
    request.set_placement(placement);
  }
  if (arguments.Has("bought")) {
    ASSIGN_OR_RETURN(const auto bought, EnumValue<v1::BoughtProducts>(v1::BoughtProducts_descriptor(),
                                                                      "BOUGHT_PRODUCTS_", arguments.Get("bought")));
    request.set_bought_products(bought);
  }
  if (arguments.Has("max-price")) RETURN_IF_ERROR(ReadMoney(arguments.Get("max-price"), *request.mutable_max_price()));
  double diversity = 0;
  if (arguments.Has("diversity") && !absl::SimpleAtod(arguments.Get("diversity"), &diversity)) {
    return absl::InvalidArgumentError("--diversity takes a number from 0 to 1");
  }
  request.set_diversity(diversity);
  if (arguments.Has("strategy")) {
    ASSIGN_OR_RETURN(const auto strategy,
                     EnumValue<v1::Strategy>(v1::Strategy_descriptor(), "STRATEGY_", arguments.Get("strategy")));
    request.set_strategy(strategy);
  }
  if (arguments.Has("objective")) {
    ASSIGN_OR_RETURN(*request.mutable_objective(), ReadObjective(arguments.List("objective")));
  }
  ASSIGN_OR_RETURN(const int64_t limit, arguments.Int("limit", 10));
  request.set_page_size(static_cast<int>(limit));
  return request;
}

}  // namespace

absl::Status RunRecommend(absl::Span<const std::string> words) {
  ASSIGN_OR_RETURN(const Arguments arguments, ParseRequest(words));
  ASSIGN_OR_RETURN(const v1::RecommendRequest request, RequestOf(arguments));
  ASSIGN_OR_RETURN(const Session session, Session::Open(arguments));
  ASSIGN_OR_RETURN(const v1::RecommendResponse response, session.Recommend(request));
  std::printf("%s", Show(response).c_str());
  return absl::OkStatus();
}

absl::Status RunPage(absl::Span<const std::string> words) {
  ASSIGN_OR_RETURN(const Arguments arguments, ParseRequest(words));
  ASSIGN_OR_RETURN(const v1::RecommendRequest request, RequestOf(arguments));
  v1::RecommendPageRequest page;
  for (const std::string& placement : arguments.List("placements")) {
    v1::RecommendRequest& one = *page.add_requests();
    one = request;
    ASSIGN_OR_RETURN(const v1::Placement value, ReadPlacement(placement));
    one.set_placement(value);
  }
  ASSIGN_OR_RETURN(const Session session, Session::Open(arguments));
  page.set_parent(session.shop());
  ASSIGN_OR_RETURN(const v1::RecommendPageResponse response,
                   Call<Service>(session, kTimeout, &Service::Stub::RecommendPage, page));
  for (int i = 0; i < response.responses_size(); ++i) {
    std::printf("\n%s\n\n%s", arguments.List("placements")[static_cast<size_t>(i)].c_str(),
                Show(response.responses(i)).c_str());
  }
  return absl::OkStatus();
}

absl::Status RunAbsence(absl::Span<const std::string> words) {
  ASSIGN_OR_RETURN(const Arguments arguments, ParseRequest(words));
  if (arguments.words().size() != 1) return absl::InvalidArgumentError("say which product: kontorctl absence PRODUCT");
  v1::ExplainAbsenceRequest asked;
  ASSIGN_OR_RETURN(*asked.mutable_request(), RequestOf(arguments));
  asked.set_product_id(arguments.words()[0]);
  ASSIGN_OR_RETURN(const Session session, Session::Open(arguments));
  asked.set_parent(session.shop());
  ASSIGN_OR_RETURN(const v1::ExplainAbsenceResponse response,
                   Call<Service>(session, kTimeout, &Service::Stub::ExplainAbsence, asked));
  if (response.place() > 0) std::printf("  it is shown, in place %d\n", response.place());
  for (const auto& reason : response.reasons()) std::printf("  %s\n", reason.text().c_str());
  if (response.rank() > 0) {
    std::printf("  by score it ranks %d with %.4f; the last that is shown has %.4f\n", response.rank(),
                response.score(), response.last_score());
  }
  TextTable table({"source", "signal", "value", "adds"});
  for (const auto& signal : response.signals()) {
    if (signal.value() == 0) continue;
    char value[32], adds[32];
    std::snprintf(value, sizeof(value), "%.4f", signal.value());
    std::snprintf(adds, sizeof(adds), "%.4f", signal.contribution());
    table.Add({signal.source(), signal.signal(), value, adds});
  }
  if (response.signals_size() > 0) std::printf("%s", table.Text().c_str());
  return absl::OkStatus();
}

}  // namespace kontor::ctl
