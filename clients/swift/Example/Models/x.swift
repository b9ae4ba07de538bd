import ZikrClient
