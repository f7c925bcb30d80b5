#include "services/kontorctl/generated_shop.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "libs/base/random.h"

namespace kontor::ctl {
namespace {

using base::Random;

constexpr int kDepartments = 4;
constexpr int kGroupsPerDepartment = 4;
constexpr int kBrandsPerDepartment = 3;

struct CategorySpec {
  const char* department;
  const char* name;
  std::array<const char*, 4> things;
  int low_cents, high_cents;
};

// Three categories for each department, in the order of kSegments' tastes.
constexpr CategorySpec kCategories[] = {
    {"Kitchen", "Coffee", {"Espresso Beans", "Milk Jug", "Hand Grinder", "Descaler"}, 600, 6000},
    {"Kitchen", "Baking", {"Loaf Tin", "Rolling Pin", "Pastry Brush", "Proving Basket"}, 500, 3500},
    {"Kitchen", "Knives", {"Chef's Knife", "Bread Knife", "Whetstone", "Cutting Board"}, 1500, 12000},
    {"Sport", "Running", {"Running Shoes", "Head Torch", "Hydration Belt", "Compression Socks"}, 900, 14000},
    {"Sport", "Cycling", {"Bike Pump", "Chain Oil", "Bottle Cage", "Rear Light"}, 500, 6500},
    {"Sport", "Yoga", {"Yoga Mat", "Cork Block", "Resistance Band", "Foam Roller"}, 800, 7000},
    {"Garden", "Seeds", {"Tomato Seeds", "Basil Seeds", "Wildflower Mix", "Seed Tray"}, 300, 1500},
    {"Garden", "Tools", {"Hand Trowel", "Pruning Shears", "Leaf Rake", "Garden Gloves"}, 900, 5500},
    {"Garden", "Watering", {"Watering Can", "Hose Reel", "Drip Kit", "Rain Gauge"}, 800, 9000},
    {"Nursery", "Feeding", {"Baby Bottle", "Bottle Warmer", "Silicone Bib", "Snack Cup"}, 500, 5500},
    {"Nursery", "Sleep", {"Sleeping Bag", "Night Light", "Crib Sheet", "Cuddle Cloth"}, 900, 6500},
    {"Nursery", "Play", {"Wooden Blocks", "Stacking Rings", "Picture Book", "Play Mat"}, 700, 7500},
};

constexpr const char* kBrands[kDepartments][kBrandsPerDepartment] = {{"Marnell", "Oster & Pohl", "Tavola"},
                                                                     {"Veloro", "Kinetik", "Halden"},
                                                                     {"Greenhollow", "Rootwell", "Fennick"},
                                                                     {"Lullaway", "Pipkin", "Minou"}};

struct SegmentSpec {
  const char* name;
  int favourite;         // department
  double sessions;       // a year, on average
  double coupon_chance;  // of an order
  double eagerness;      // multiplies the chance that what is seen enters the cart
  double mobile;         // share of customers on a telephone
};
constexpr SegmentSpec kSegments[] = {{"home-cooks", 0, 14, 0.15, 1.0, 0.4},
                                     {"athletes", 1, 18, 0.25, 1.2, 0.7},
                                     {"gardeners", 2, 9, 0.35, 0.9, 0.2},
                                     {"young-parents", 3, 16, 0.55, 1.1, 0.8}};
constexpr double kFavouriteShare = 0.7;
constexpr double kStrangerShare = 0.2;
constexpr double kPartnerChance = 0.55;
constexpr double kMonths[12] = {0.8, 0.7, 0.9, 1.0, 1.1, 1.0, 0.8, 0.8, 0.9, 1.0, 1.4, 1.7};  // December sells best

constexpr std::pair<const char*, double> kCountries[] = {{"DE", 0.5}, {"AT", 0.2}, {"FR", 0.2}, {"NL", 0.1}};

int64_t PriceBetween(Random& random, int low, int high) {
  const double price = low * std::pow(static_cast<double>(high) / low, random.Uniform());
  return static_cast<int64_t>(price) / 10 * 10 + 9;  // prices end in 9
}

std::vector<GeneratedProduct> MakeProducts(Random& random) {
  std::vector<GeneratedProduct> products;
  for (size_t c = 0; c < std::size(kCategories); ++c) {
    const CategorySpec& spec = kCategories[c];
    const size_t department = c * kDepartments / std::size(kCategories);
    for (const char* thing : spec.things) {
      for (const char* brand : kBrands[department]) {
        GeneratedProduct product;
        product.id = absl::StrFormat("p-%03d", products.size() + 1);
        product.title = absl::StrCat(brand, " ", thing);
        product.brand = brand;
        product.department = spec.department;
        product.category = spec.name;
        product.price_cents = PriceBetween(random, spec.low_cents, spec.high_cents);
        product.cost_cents =
            static_cast<int64_t>(static_cast<double>(product.price_cents) * (0.45 + 0.3 * random.Uniform()));
        products.push_back(std::move(product));
      }
    }
  }
  return products;
}

// Each group takes one free product of every category of its department.
void MakeGroups(Random& random, std::vector<GeneratedProduct>& products) {
  const size_t per_category = products.size() / std::size(kCategories);
  const size_t categories = std::size(kCategories) / kDepartments;
  for (int group = 0; group < kDepartments * kGroupsPerDepartment; ++group) {
    const size_t department = static_cast<size_t>(group) / kGroupsPerDepartment;
    for (size_t c = 0; c < categories; ++c) {
      for (;;) {
        GeneratedProduct& product = products[(department * categories + c) * per_category + random.Below(per_category)];
        if (product.group >= 0) continue;
        product.group = group;
        break;
      }
    }
  }
}

std::string PickCountry(Random& random) {
  double at = random.Uniform();
  for (const auto& [country, share] : kCountries) {
    if ((at -= share) < 0) return country;
  }
  return kCountries[0].first;
}

std::vector<GeneratedCustomer> MakeCustomers(Random& random, int count) {
  std::vector<GeneratedCustomer> customers(count);
  for (int i = 0; i < count; ++i) {
    GeneratedCustomer& customer = customers[i];
    customer.id = absl::StrFormat("c-%05d", i + 1);
    customer.visitor_id = absl::StrFormat("v-%05d", i + 1);
    customer.segment = static_cast<int>(random.Below(std::size(kSegments)));
    customer.country = PickCountry(random);
    customer.device = random.Chance(kSegments[customer.segment].mobile) ? "mobile"
                      : random.Chance(0.2)                              ? "tablet"
                                                                        : "desktop";
  }
  return customers;
}

absl::Time PickTime(Random& random) {
  for (;;) {
    const auto day = static_cast<int>(random.Below(366));
    const absl::CivilDay date = absl::CivilDay(2024, 1, 1) + day;
    if (!random.Chance(kMonths[date.month() - 1] / 1.7)) continue;
    // Between 7 and 23 o'clock, most in the evening.
    const double hour = 7 + 15.5 * std::sqrt(random.Uniform());
    return absl::FromCivil(date, absl::UTCTimeZone()) + absl::Seconds(static_cast<int64_t>(hour * 3600));
  }
}

// Customers' own sessions, and strangers' (customer −1), by time.
std::vector<std::pair<absl::Time, int>> PlanVisits(Random& random, const std::vector<GeneratedCustomer>& customers) {
  std::vector<std::pair<absl::Time, int>> visits;
  for (size_t c = 0; c < customers.size(); ++c) {
    // Exponential around the segment's mean: a few customers come often, many seldom, all at least once.
    const double mean = kSegments[customers[c].segment].sessions;
    const int count = 1 + static_cast<int>(-std::log(1 - random.Uniform()) * (mean - 1));
    for (int i = 0; i < count; ++i) visits.emplace_back(PickTime(random), static_cast<int>(c));
  }
  const size_t strangers =
      static_cast<size_t>(static_cast<double>(visits.size()) * kStrangerShare / (1 - kStrangerShare));
  for (size_t i = 0; i < strangers; ++i) visits.emplace_back(PickTime(random), -1);
  std::sort(visits.begin(), visits.end());
  return visits;
}

// Plays one session after the other and writes down what happens.
class Playback {
 public:
  Playback(Random& random, GeneratedShop& shop) : random_(random), shop_(shop), groups_(shop.Groups()) {}

  void Visit(absl::Time start, int customer, int number) {
    now_ = start;
    cart_.clear();
    who_ = GeneratedEvent();
    who_.session_id = absl::StrFormat("s-%06d", number);
    if (customer >= 0) {
      const GeneratedCustomer& known = shop_.customers[customer];
      segment_ = known.segment;
      who_.customer_id = known.id;
      who_.visitor_id = known.visitor_id;
      who_.country = known.country;
      who_.device = known.device;
    } else {
      segment_ = static_cast<int>(random_.Below(std::size(kSegments)));
      who_.visitor_id = absl::StrFormat("v-x%06d", number);
      who_.country = PickCountry(random_);
      who_.device = random_.Chance(0.6) ? "mobile" : "desktop";
    }
    Record("page_viewed", -1, "home");
    Browse("home-for-you", -1, 6);
    if (random_.Chance(0.4)) Search();
    if (!cart_.empty() && random_.Chance(0.1)) RemoveOne();
    if (!cart_.empty() && random_.Chance(0.8)) CheckOut();
  }

 private:
  void Record(const char* type, int product, const char* placement = "", int rank = 0, const std::string& query = "") {
    GeneratedEvent event = who_;
    event.type = type;
    event.time = now_;
    event.product = product;
    event.placement = placement;
    event.rank = rank;
    event.query = query;
    shop_.events.push_back(std::move(event));
    now_ += absl::Seconds(2 + static_cast<int64_t>(random_.Below(50)));
  }

  // A product by taste: of the favourite department, or of any; or of one category when it is given.
  int Draw(int category) {
    const size_t per_category = shop_.products.size() / std::size(kCategories);
    size_t chosen = static_cast<size_t>(category);
    if (category < 0) {
      const size_t per_department = std::size(kCategories) / kDepartments;
      const size_t department = random_.Chance(kFavouriteShare) ? static_cast<size_t>(kSegments[segment_].favourite)
                                                                : random_.Below(kDepartments);
      chosen = department * per_department + random_.Below(per_department);
    }
    // The square makes the first products of a category the popular ones.
    const double at = random_.Uniform();
    return static_cast<int>(chosen * per_category + static_cast<size_t>(at * at * static_cast<double>(per_category)));
  }

  void Browse(const char* placement, int category, int count) {
    const double eagerness = kSegments[segment_].eagerness;
    std::vector<int> shown;
    for (int rank = 1; rank <= count; ++rank) {
      const int product = Draw(category);
      if (std::find(shown.begin(), shown.end(), product) != shown.end()) continue;
      shown.push_back(product);
      Record("items_shown", product, placement, static_cast<int>(shown.size()));
    }
    for (size_t i = 0; i < shown.size(); ++i) {
      if (!random_.Chance(0.35 * std::pow(0.85, static_cast<double>(i)))) continue;
      Record("item_clicked", shown[i], placement, static_cast<int>(i) + 1);
      Record("product_viewed", shown[i]);
      if (random_.Chance(0.3 * eagerness)) Add(shown[i]);
    }
  }

  void Search() {
    const auto category = static_cast<int>(random_.Below(std::size(kCategories)));
    Record("searched", -1, "", 0, absl::AsciiStrToLower(kCategories[category].name));
    Browse("search", category, 5);
  }

  void Add(int product) {
    if (std::find(cart_.begin(), cart_.end(), product) != cart_.end()) return;
    cart_.push_back(product);
    Record("cart_added", product);
    if (shop_.products[product].group < 0) return;
    for (const int partner : groups_[shop_.products[product].group]) {
      if (std::find(cart_.begin(), cart_.end(), partner) != cart_.end() || !random_.Chance(kPartnerChance)) continue;
      cart_.push_back(partner);
      Record("product_viewed", partner);
      Record("cart_added", partner);
    }
  }

  void RemoveOne() {
    const size_t at = random_.Below(cart_.size());
    Record("cart_removed", cart_[at]);
    cart_.erase(cart_.begin() + static_cast<std::ptrdiff_t>(at));
  }

  void CheckOut() {
    Record("checkout_started", -1);
    if (!random_.Chance(0.85)) return;
    GeneratedOrder order;
    order.customer_id = who_.customer_id;
    order.session_id = who_.session_id;
    order.country = who_.country;
    order.time = now_;
    const int64_t coupon_percent =
        random_.Chance(kSegments[segment_].coupon_chance) ? 5 + 5 * static_cast<int64_t>(random_.Below(4)) : 0;
    for (const int product : cart_) {
      GeneratedLine line;
      line.product = product;
      line.quantity = random_.Chance(0.8) ? 1 : 2 + static_cast<int64_t>(random_.Below(3));
      const int64_t full = line.quantity * shop_.products[product].price_cents;
      line.discount_cents = full * coupon_percent / 100;
      line.amount_cents = full - line.discount_cents;
      line.cost_cents = line.quantity * shop_.products[product].cost_cents;
      order.lines.push_back(line);
    }
    shop_.orders.push_back(std::move(order));
  }

  Random& random_;
  GeneratedShop& shop_;
  const std::vector<std::vector<int>> groups_;
  int segment_ = 0;
  GeneratedEvent who_;
  absl::Time now_;
  std::vector<int> cart_;
};

}  // namespace

std::vector<std::vector<int>> GeneratedShop::Groups() const {
  std::vector<std::vector<int>> groups;
  for (size_t i = 0; i < products.size(); ++i) {
    const int group = products[i].group;
    if (group < 0) continue;
    if (groups.size() <= static_cast<size_t>(group)) groups.resize(group + 1);
    groups[group].push_back(static_cast<int>(i));
  }
  return groups;
}

GeneratedShop GenerateShop(const ShopPlan& plan) {
  Random random(plan.seed);
  GeneratedShop shop;
  for (const SegmentSpec& segment : kSegments) shop.segments.emplace_back(segment.name);
  shop.products = MakeProducts(random);
  MakeGroups(random, shop.products);
  shop.customers = MakeCustomers(random, plan.customers);

  Playback playback(random, shop);
  int number = 0;
  for (const auto& [start, customer] : PlanVisits(random, shop.customers)) playback.Visit(start, customer, ++number);

  const auto earlier = [](const auto& a, const auto& b) { return a.time < b.time; };
  std::stable_sort(shop.events.begin(), shop.events.end(), earlier);
  std::stable_sort(shop.orders.begin(), shop.orders.end(), earlier);
  for (size_t i = 0; i < shop.orders.size(); ++i) shop.orders[i].id = absl::StrFormat("o-%06d", i + 1);
  return shop;
}

}  // namespace kontor::ctl
