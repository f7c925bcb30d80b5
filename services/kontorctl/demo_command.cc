#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "kontor/search/v1/search_service.grpc.pb.h"
#include "libs/base/status.h"
#include "services/kontorctl/call.h"
#include "services/kontorctl/commands.h"
#include "services/kontorctl/demo_cast.h"
#include "services/kontorctl/demo_forecasts.h"
#include "services/kontorctl/display.h"
#include "services/kontorctl/import_client.h"
#include "services/kontorctl/search_display.h"
#include "services/kontorctl/session.h"
#include "services/kontorctl/session_options.h"

namespace kontor::ctl {
namespace {

namespace analytics = kontor::analytics::v1;
namespace recommendations = kontor::recommendations::v1;
namespace search = kontor::search::v1;
namespace v1 = kontor::ingest::v1;

void Heading(const std::string& text) { std::printf("\n\x1b[1m%s\x1b[0m\n\n", text.c_str()); }

absl::Status ShowKpis(const Session& session, analytics::QueryKpisRequest request) {
  ASSIGN_OR_RETURN(const analytics::QueryKpisResponse response, session.QueryKpis(std::move(request)));
  std::printf("%s", Show(response).c_str());
  return absl::OkStatus();
}

absl::Status ShowMonths(const Session& session) {
  Heading("Figures by month");
  analytics::QueryKpisRequest request;
  for (const char* metric : {"net_revenue", "orders", "aov", "units", "buyers", "discount", "returns"}) {
    request.add_metrics(metric);
  }
  request.set_grain(analytics::GRAIN_MONTH);
  return ShowKpis(session, std::move(request));
}

// Where the shop sends behaviour.
absl::Status ShowVisits(const Session& session) {
  analytics::QueryKpisRequest request;
  request.add_metrics("sessions");
  ASSIGN_OR_RETURN(const analytics::QueryKpisResponse visits, session.QueryKpis(request));
  if (visits.totals().values(0).count() == 0) return absl::OkStatus();
  Heading("From visit to margin");
  for (const char* metric : {"product_views", "cart_adds", "conversion", "margin", "margin_rate"}) {
    request.add_metrics(metric);
  }
  request.set_grain(analytics::GRAIN_MONTH);
  return ShowKpis(session, std::move(request));
}

// By country where the shop knows several, else by department.
absl::Status ShowSplit(const Session& session) {
  analytics::QueryKpisRequest countries;
  countries.add_metrics("orders");
  countries.add_dimensions("country");
  ASSIGN_OR_RETURN(const analytics::QueryKpisResponse known, session.QueryKpis(countries));
  analytics::QueryKpisRequest request;
  for (const char* metric : {"net_revenue", "orders", "units", "buyers"}) request.add_metrics(metric);
  request.add_dimensions(known.total_size() > 1 ? "country" : "department");
  request.set_order_by("net_revenue desc");
  request.set_page_size(12);
  Heading(absl::StrCat("The twelve largest by ", request.dimensions(0), " (the total is of all)"));
  return ShowKpis(session, std::move(request));
}

absl::Status ShowRecommendations(const Session& session, const std::string& heading,
                                 recommendations::RecommendRequest request) {
  Heading(heading);
  request.set_page_size(6);
  ASSIGN_OR_RETURN(const recommendations::RecommendResponse response, session.Recommend(std::move(request)));
  std::printf("%s", Show(response).c_str());
  return absl::OkStatus();
}

absl::Status ShowAllRecommendations(const Session& session, const DemoCast& cast) {
  recommendations::RecommendRequest again, fresh, basket, stranger;
  again.set_customer_id(cast.customer);
  RETURN_IF_ERROR(ShowRecommendations(session, absl::StrCat("For customer ", cast.customer), again));
  fresh.set_customer_id(cast.customer);
  fresh.set_bought_products(recommendations::BOUGHT_PRODUCTS_EXCLUDE);
  RETURN_IF_ERROR(
      ShowRecommendations(session, absl::StrCat("For customer ", cast.customer, ", only what is new to them"), fresh));
  basket.set_placement(recommendations::PLACEMENT_BASKET);
  std::string products;
  for (const std::string& product : cast.basket) {
    basket.add_basket_product_ids(product);
    absl::StrAppend(&products, products.empty() ? "" : ", ", product);
  }
  RETURN_IF_ERROR(ShowRecommendations(session, absl::StrCat("To go with a basket of ", products), basket));
  return ShowRecommendations(session, "For a stranger", stranger);
}

// A query that a customer might type: two words of a product's title, one of them with a letter missing.
std::string MisspeltQuery(const std::string& title) {
  constexpr size_t kLeast = 5;
  std::vector<std::string> words;
  for (const absl::string_view word : absl::StrSplit(absl::AsciiStrToLower(title), absl::ByAnyChar(" /&,.-"))) {
    if (word.size() >= kLeast && std::all_of(word.begin(), word.end(), absl::ascii_isalpha)) words.emplace_back(word);
  }
  if (words.empty()) return title;
  if (words.size() > 2) words.resize(2);
  words.back().erase(words.back().size() / 2, 1);
  return absl::StrJoin(words, " ");
}

absl::Status ShowSearch(const Session& session, const DemoCast& cast) {
  using Search = search::SearchService;
  if (cast.basket.empty()) return absl::OkStatus();
  search::SearchRequest request;
  request.set_parent(session.shop());
  search::Filter& product = *request.add_filters();
  product.set_field("product_id");
  product.add_values(cast.basket.front());
  const absl::Duration patience = absl::Seconds(30);
  ASSIGN_OR_RETURN(const search::SearchResponse found, Call<Search>(session, patience, &Search::Stub::Search, request));
  if (found.results().empty()) return absl::OkStatus();
  request.clear_filters();
  request.set_query(MisspeltQuery(found.results(0).title()));
  request.set_automatic_facets(3);
  request.set_page_size(6);
  Heading(absl::StrCat("Searching for \"", request.query(), "\""));
  ASSIGN_OR_RETURN(const search::SearchResponse response,
                   Call<Search>(session, patience, &Search::Stub::Search, request));
  std::printf("%s", Show(response).c_str());
  search::SuggestRequest suggest;
  suggest.set_parent(session.shop());
  suggest.set_text(request.query().substr(0, 4));
  suggest.set_max_suggestions(5);
  Heading(absl::StrCat("While \"", suggest.text(), "\" is being typed"));
  ASSIGN_OR_RETURN(const search::SuggestResponse suggestions,
                   Call<Search>(session, patience, &Search::Stub::Suggest, suggest));
  std::printf("%s", Show(suggestions).c_str());
  return absl::OkStatus();
}

void ShowCommands(const Arguments& arguments, const DemoCast& cast) {
  const std::string connection =
      absl::StrCat("--address ", arguments.Get("address", "127.0.0.1:7700"), " --key-file ", arguments.Get("key-file"));
  Heading("The same by hand");
  for (const std::string& command :
       {std::string("query net_revenue,orders --grain week --where customer_kind=known"),
        absl::StrCat("recommend --customer ", cast.customer, " --bought exclude"),
        std::string("search coffee --facets 3"), std::string("forecast --grain week --horizon 4"),
        std::string("events --topic orders --all --limit 3")}) {
    std::printf("  build/release/bin/kontorctl %s %s\n", command.c_str(), connection.c_str());
  }
}

}  // namespace

absl::Status RunDemo(absl::Span<const std::string> words) {
  ASSIGN_OR_RETURN(const Arguments arguments, ParseWith(words, {"data", "mapping"}, {}));
  if (!arguments.Has("data") || !arguments.Has("mapping")) {
    return absl::InvalidArgumentError("use: kontorctl demo --data ORDERS.csv --mapping FILE");
  }
  ASSIGN_OR_RETURN(const v1::ImportMapping mapping, LoadMapping(arguments.Get("mapping")));
  ASSIGN_OR_RETURN(const Session session, Session::Open(arguments));
  ASSIGN_OR_RETURN(const std::unique_ptr<UnitSource> orders, OpenOrders(arguments.Get("data"), mapping));
  const DemoCast cast = FindCast(*orders);

  Heading("What was loaded, and what was refused");
  ASSIGN_OR_RETURN(const std::vector<v1::Import> imports, session.ListImports());
  std::printf("%s", Show(imports).c_str());
  RETURN_IF_ERROR(ShowMonths(session));
  RETURN_IF_ERROR(ShowVisits(session));
  RETURN_IF_ERROR(ShowSplit(session));

  Heading("Learning what goes with what");
  ASSIGN_OR_RETURN(const recommendations::Model model, session.TrainModel(false));
  std::printf(
      "  %s baskets of %s customers, %s products; asked for each customer's last basket without having seen it,\n"
      "  the model finds %.1f%% of it among ten products (ndcg@10 %.3f).\n",
      Grouped(model.baskets()).c_str(), Grouped(model.customers()).c_str(), Grouped(model.products()).c_str(),
      100 * model.recall_at_10(), model.ndcg_at_10());
  RETURN_IF_ERROR(ShowAllRecommendations(session, cast));
  RETURN_IF_ERROR(ShowSearch(session, cast));
  RETURN_IF_ERROR(ShowForecasts(session, cast));
  ShowCommands(arguments, cast);
  return absl::OkStatus();
}

}  // namespace kontor::ctl
