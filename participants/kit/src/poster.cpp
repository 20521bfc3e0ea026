// cpprestsdk's client, kept in this one file.

#include <cpprest/http_client.h>

#include <chrono>

#include "settle/kit/reporter.hpp"

namespace settle::kit {

Post http_post() {
  return [](const std::string& url, const std::string& body) {
    try {
      const web::uri target(url);
      if (target.scheme() != "http" && target.scheme() != "https") return 0;
      web::http::client::http_client_config config;
      config.set_timeout(std::chrono::seconds(5));
      web::http::client::http_client client(target.authority(), config);
      web::http::http_request request(web::http::methods::POST);
      request.set_request_uri(target.resource());
      request.set_body(body, "application/json");
      return static_cast<int>(client.request(request).get().status_code());
    } catch (
        const std::exception&) {  // cpprestsdk reports every failure to connect or to read as an exception
      return 0;
    }
  };
}

}  // namespace settle::kit
