"""Every journey of the portal, walked through its pages by the people whose journey it is."""
