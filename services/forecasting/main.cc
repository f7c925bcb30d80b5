#include <memory>

#include "libs/base/status.h"
#include "libs/platform/fleet/fleet.h"
#include "services/forecasting/forecasting_service.h"

int main(int argc, char** argv) {
  return kontor::runtime::Main(argc, argv, [](kontor::runtime::Application& application) -> absl::Status {
    ASSIGN_OR_RETURN(auto composed, kontor::fleet::Compose(application));
    return kontor::forecasting::RegisterForecasting(application.Own(std::move(composed)));
  });
}
