#include "services/kontorctl/generate_command.h"

#include <google/protobuf/util/json_util.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/time/time.h"
#include "kontor/ingest/v1/import_mapping.pb.h"
#include "libs/base/status.h"
#include "services/kontorctl/arguments.h"
#include "services/kontorctl/commands.h"
#include "services/kontorctl/display.h"
#include "services/kontorctl/text_table.h"

namespace kontor::ctl {
namespace {

namespace v1 = kontor::ingest::v1;

std::string Money(int64_t cents) { return absl::StrFormat("%d.%02d", cents / 100, cents % 100); }

std::string Stamp(absl::Time time) { return absl::FormatTime("%Y-%m-%d %H:%M:%S", time, absl::UTCTimeZone()); }

// A field of RFC 4180, quoted where it must be.
std::string Field(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  return absl::StrCat("\"", absl::StrReplaceAll(text, {{"\"", "\"\""}}), "\"");
}

void AddRow(std::string& csv, const std::vector<std::string>& fields) {
  absl::StrAppend(
      &csv, absl::StrJoin(fields, ",", [](std::string* out, const std::string& text) { *out += Field(text); }), "\n");
}

std::string ProductsCsv(const GeneratedShop& shop) {
  std::string csv = "product_id,title,brand,department,category,price,cost\n";
  for (const GeneratedProduct& p : shop.products) {
    AddRow(csv, {p.id, p.title, p.brand, p.department, p.category, Money(p.price_cents), Money(p.cost_cents)});
  }
  return csv;
}

std::string OrdersCsv(const GeneratedShop& shop) {
  std::string csv =
      "order_id,occurred_at,customer_id,session_id,country,product_id,quantity,amount,coupon_discount,cost\n";
  for (const GeneratedOrder& order : shop.orders) {
    for (const GeneratedLine& line : order.lines) {
      AddRow(csv, {order.id, Stamp(order.time), order.customer_id, order.session_id, order.country,
                   shop.products[line.product].id, absl::StrCat(line.quantity), Money(line.amount_cents),
                   Money(line.discount_cents), Money(line.cost_cents)});
    }
  }
  return csv;
}

std::string BehaviorCsv(const GeneratedShop& shop) {
  std::string csv =
      "type,occurred_at,visitor_id,customer_id,session_id,product_id,country,device,query,placement,rank\n";
  for (const GeneratedEvent& event : shop.events) {
    AddRow(csv, {event.type, Stamp(event.time), event.visitor_id, event.customer_id, event.session_id,
                 event.product < 0 ? "" : shop.products[event.product].id, event.country, event.device, event.query,
                 event.placement, event.rank == 0 ? "" : absl::StrCat(event.rank)});
  }
  return csv;
}

std::string Labels(const GeneratedShop& shop, const ShopPlan& plan) {
  std::string json = absl::StrCat("{\n  \"seed\": ", plan.seed, ",\n  \"segments\": {");
  for (size_t i = 0; i < shop.customers.size(); ++i) {
    absl::StrAppend(&json, i == 0 ? "\n" : ",\n", "    \"", shop.customers[i].id, "\": \"",
                    shop.segments[shop.customers[i].segment], "\"");
  }
  absl::StrAppend(&json, "\n  },\n  \"co_purchase_groups\": [");
  const auto groups = shop.Groups();
  for (size_t g = 0; g < groups.size(); ++g) {
    absl::StrAppend(&json, g == 0 ? "\n" : ",\n", "    [",
                    absl::StrJoin(groups[g], ", ",
                                  [&](std::string* out, int product) {
                                    absl::StrAppend(out, "\"", shop.products[product].id, "\"");
                                  }),
                    "]");
  }
  return absl::StrCat(json, "\n  ]\n}\n");
}

v1::ImportMapping ProductsMapping() {
  v1::ImportMapping mapping;
  auto& products = *mapping.mutable_products();
  products.set_product_id_column("product_id");
  products.set_title_column("title");
  products.set_brand_column("brand");
  products.add_category_columns("department");
  products.add_category_columns("category");
  return mapping;
}

v1::ImportMapping OrdersMapping() {
  v1::ImportMapping mapping;
  auto& orders = *mapping.mutable_orders();
  orders.set_order_id_column("order_id");
  orders.set_occurred_at_column("occurred_at");
  orders.set_customer_id_column("customer_id");
  orders.set_product_id_column("product_id");
  orders.set_quantity_column("quantity");
  orders.set_amount_column("amount");
  orders.set_cost_column("cost");
  auto& discount = *orders.add_discounts();
  discount.set_column("coupon_discount");
  discount.set_kind(kontor::events::v1::Discount::KIND_COUPON);
  orders.set_country_column("country");
  orders.set_session_id_column("session_id");
  orders.set_currency_code("EUR");
  orders.set_channel(kontor::events::v1::CHANNEL_WEB);
  return mapping;
}

v1::ImportMapping BehaviorMappingOfShop() {
  v1::ImportMapping mapping;
  auto& behavior = *mapping.mutable_behavior();
  behavior.set_type_column("type");
  behavior.set_occurred_at_column("occurred_at");
  behavior.set_visitor_id_column("visitor_id");
  behavior.set_customer_id_column("customer_id");
  behavior.set_session_id_column("session_id");
  behavior.set_product_id_column("product_id");
  behavior.set_country_column("country");
  behavior.set_device_column("device");
  behavior.set_query_column("query");
  behavior.set_placement_column("placement");
  behavior.set_rank_column("rank");
  behavior.set_channel(kontor::events::v1::CHANNEL_WEB);
  return mapping;
}

absl::Status WriteFile(const std::string& path, const std::string& content) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << content;
  file.close();
  if (file.good()) return absl::OkStatus();
  return absl::PermissionDeniedError(absl::StrCat("cannot write ", path, "; check the folder and the free space"));
}

}  // namespace

absl::Status WriteShop(const GeneratedShop& shop, const ShopPlan& plan, const std::string& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) return absl::PermissionDeniedError(absl::StrCat("cannot make ", folder, ": ", error.message()));
  struct File {
    const char* name;
    std::string csv;
    v1::ImportMapping mapping;
  };
  File files[] = {{"products", ProductsCsv(shop), ProductsMapping()},
                  {"orders", OrdersCsv(shop), OrdersMapping()},
                  {"behavior", BehaviorCsv(shop), BehaviorMappingOfShop()}};
  for (File& file : files) {
    // Shops of other plans have other events under the same numbers: another source keeps them apart.
    file.mapping.set_source(absl::StrCat("import/generated-", plan.seed, "-", plan.customers));
    std::string json;
    google::protobuf::util::JsonPrintOptions options;
    options.add_whitespace = true;
    if (!google::protobuf::util::MessageToJsonString(file.mapping, &json, options).ok()) {
      return absl::InternalError("the mapping cannot be printed");
    }
    RETURN_IF_ERROR(WriteFile(absl::StrCat(folder, "/", file.name, ".csv"), file.csv));
    RETURN_IF_ERROR(WriteFile(absl::StrCat(folder, "/", file.name, ".mapping.json"), json));
  }
  return WriteFile(absl::StrCat(folder, "/labels.json"), Labels(shop, plan));
}

absl::Status RunGenerate(absl::Span<const std::string> words) {
  ASSIGN_OR_RETURN(const Arguments arguments, Arguments::Parse(words, {"out", "seed", "customers"}, {}));
  if (!arguments.Has("out") || !arguments.words().empty()) {
    return absl::InvalidArgumentError("use: kontorctl generate --out DIR [--seed N] [--customers N]");
  }
  ShopPlan plan;
  ASSIGN_OR_RETURN(const int64_t seed, arguments.Int("seed", static_cast<int64_t>(plan.seed)));
  ASSIGN_OR_RETURN(const int64_t customers, arguments.Int("customers", plan.customers));
  if (customers < 1 || customers > 100'000) {
    return absl::InvalidArgumentError("--customers takes a number from 1 to 100000");
  }
  plan.seed = static_cast<uint64_t>(seed);
  plan.customers = static_cast<int>(customers);

  const GeneratedShop shop = GenerateShop(plan);
  RETURN_IF_ERROR(WriteShop(shop, plan, arguments.Get("out")));
  TextTable table({"generated", "rows"});
  table.Add({"products", Grouped(static_cast<int64_t>(shop.products.size()))});
  table.Add({"customers", Grouped(static_cast<int64_t>(shop.customers.size()))});
  table.Add({"orders", Grouped(static_cast<int64_t>(shop.orders.size()))});
  table.Add({"behaviour events", Grouped(static_cast<int64_t>(shop.events.size()))});
  std::printf("%s  in %s; labels.json holds the truth\n", table.Text().c_str(), arguments.Get("out").c_str());
  return absl::OkStatus();
}

}  // namespace kontor::ctl
